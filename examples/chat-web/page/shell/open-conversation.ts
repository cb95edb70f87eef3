import { participants, type UserId } from '@tidemark/core';
import { useMemo, useSyncExternalStore } from 'react';
import { useChat } from '../account/session.ts';

/** The conversation on screen is the page's `#…`: the browser's way back works, and a link leads to it. */
export type OpenConversation =
  | { readonly at: 'nowhere' }
  | { readonly at: 'conversation'; readonly conversationId: string }
  /** What stands there leads to no conversation that this user could be in. */
  | { readonly at: 'dead-end' };

export function useOpenConversation(): OpenConversation {
  const chat = useChat();
  const hash = useSyncExternalStore(
    (listener) => {
      addEventListener('hashchange', listener);
      return () => removeEventListener('hashchange', listener);
    },
    () => location.hash.slice(1),
  );
  return useMemo(() => openConversationOf(hash, chat), [hash, chat]);
}

export function openConversation(conversationId: string | null): void {
  location.hash = conversationId === null ? '' : encodeURIComponent(conversationId);
}

/** @param hash whatever somebody has put into an address, without its `#` */
function openConversationOf(
  hash: string,
  chat: { readonly userId: string; conversation(id: string): { readonly conversationId: string } },
): OpenConversation {
  if (hash === '') return { at: 'nowhere' };
  try {
    // Both throw: at broken escapes, and at what is no id.
    const { conversationId } = chat.conversation(decodeURIComponent(hash));
    const isTheirs = participants(conversationId)?.includes(chat.userId as UserId) ?? true;
    return isTheirs ? { at: 'conversation', conversationId } : { at: 'dead-end' };
  } catch {
    return { at: 'dead-end' };
  }
}
