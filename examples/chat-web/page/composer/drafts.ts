import { keep, kept, keptNames, onKeptElsewhere, removeKept } from '../account/kept.ts';

/**
 * What was typed and not sent yet, by conversation; kept over reloads, and the same in every window of the user. Each has a
 * key of its own: a window that wrote all of them at once would undo what another wrote meanwhile.
 */
export interface Drafts {
  of(conversationId: string): string;
  set(conversationId: string, text: string): void;
  subscribe(listener: () => void): () => void;
  /** Nothing is kept any more: the user has signed out. */
  close(): void;
}

const PREFIX = 'draft/';

export function createDrafts(userId: string): Drafts {
  const texts = new Map<string, string>();
  for (const name of keptNames(userId, PREFIX)) read(name);
  const listeners = new Set<() => void>();
  let isClosed = false;

  onKeptElsewhere(userId, (name) => {
    if (isClosed || !name.startsWith(PREFIX)) return;
    read(name);
    notify();
  });

  function read(name: string): void {
    const text = kept<string>(userId, name);
    if (text === undefined) texts.delete(name.slice(PREFIX.length));
    else texts.set(name.slice(PREFIX.length), text);
  }

  function notify(): void {
    for (const listener of listeners) listener();
  }

  return {
    of: (conversationId) => texts.get(conversationId) ?? '',
    set: (conversationId, text) => {
      if (isClosed) return;
      if (text === '') {
        texts.delete(conversationId);
        removeKept(userId, PREFIX + conversationId);
      } else {
        texts.set(conversationId, text);
        keep(userId, PREFIX + conversationId, text);
      }
      notify();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => {
      isClosed = true;
      texts.clear();
      notify();
    },
  };
}
