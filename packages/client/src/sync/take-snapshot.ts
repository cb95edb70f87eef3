import type { ConversationSummary } from '@tidemark/core';
import type { MessagingTrpc } from '../messaging-trpc.ts';

/**
 * The conversation list, all pages. A conversation that moves to the front between two pages may be missed or come twice;
 * it moved because of an event after the reset, which the feed brings next.
 */
export async function takeSnapshot(trpc: MessagingTrpc, signal: AbortSignal): Promise<ConversationSummary[]> {
  const byId = new Map<string, ConversationSummary>();
  let page: string | null = null;
  do {
    signal.throwIfAborted();
    const answer: Awaited<ReturnType<MessagingTrpc['conversations']['list']['query']>> =
      await trpc.conversations.list.query(page === null ? {} : { page }, { signal });
    for (const summary of answer.conversations) byId.set(summary.conversationId, summary);
    page = answer.nextPage;
  } while (page !== null);
  return [...byId.values()];
}
