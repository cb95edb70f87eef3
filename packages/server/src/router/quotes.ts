import type { EventsPage, HistoryStore, Quote, UserId } from '@tidemark/core';

/**
 * The messages that messages of a page reply to, but for those of the page itself, as they are now or were at the end of their reader's
 * last stay. They are read after the page, so that they are never older than it says (`asOf`). Stage 1.
 */
export async function quotesOf(
  history: Pick<HistoryStore, 'quotes'>,
  userId: UserId,
  { events }: Pick<EventsPage, 'events'>,
  bytes: number,
): Promise<readonly Quote[]> {
  const [first] = events;
  const here = new Set(events.map((event) => event.conversationSeq));
  const seqs = events.flatMap((event) => ('replyTo' in event && event.replyTo ? event.replyTo.seq : []));
  const elsewhere = [...new Set(seqs)].filter((seq) => !here.has(seq));
  if (!first || elsewhere.length === 0) return [];
  return history.quotes({ userId, conversationId: first.conversationId, seqs: elsewhere, bytes });
}
