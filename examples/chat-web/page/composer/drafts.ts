import { keep, kept } from '../account/kept.ts';

/** What was typed and not sent yet, by conversation; kept over reloads. */
export interface Drafts {
  of(conversationId: string): string;
  set(conversationId: string, text: string): void;
  subscribe(listener: () => void): () => void;
}

export function createDrafts(userId: string): Drafts {
  const texts = new Map(Object.entries(kept<Record<string, string>>(userId, 'drafts') ?? {}));
  const listeners = new Set<() => void>();
  return {
    of: (conversationId) => texts.get(conversationId) ?? '',
    set: (conversationId, text) => {
      if (text === '') texts.delete(conversationId);
      else texts.set(conversationId, text);
      keep(userId, 'drafts', Object.fromEntries(texts));
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
