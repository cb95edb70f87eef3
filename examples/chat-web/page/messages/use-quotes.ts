import { type Quotes, quotesOf } from '@tidemark/client/replies';
import { useSyncExternalStore } from 'react';
import { type Kinds, useChat } from '../account/session.ts';

/** What the messages of a conversation that are shown reply to, by their keys. */
export function useQuotes(conversationId: string): Quotes<Kinds> {
  const quotes = quotesOf(useChat().conversation(conversationId));
  return useSyncExternalStore(quotes.subscribe, quotes.getSnapshot);
}
