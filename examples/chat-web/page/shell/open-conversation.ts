import { useSyncExternalStore } from 'react';

/** The conversation on screen is the page's `#…`: the browser's way back works, and a link leads to it. */
export function useOpenConversation(): string | null {
  return useSyncExternalStore(
    (listener) => {
      addEventListener('hashchange', listener);
      return () => removeEventListener('hashchange', listener);
    },
    () => decodeURIComponent(location.hash.slice(1)) || null,
  );
}

export function openConversation(conversationId: string | null): void {
  location.hash = conversationId === null ? '' : encodeURIComponent(conversationId);
}
