import { type ContentMap, type ConversationSeq, countsAsMention, type JsonValue, TidemarkError } from '@tidemark/core';
import type { ConversationHandle } from '../client.ts';
import { handleParts } from '../handle-parts.ts';
import { registersNow } from '../sync/registers.ts';
import { isCompleteAbove } from '../sync/unread.ts';

/**
 * The first unread message that mentions the user, by its conversationSeq, for `messages.loadAround`; `null`: there is none. It is looked
 * for in the local store, and on the server where that does not reach.
 *
 * @param after the mention before: the next one is above it. Default: the read mark
 */
export async function nextMention<CIn, COut, S extends JsonValue>(
  conversation: ConversationHandle<CIn, COut, S>,
  after = 0,
): Promise<ConversationSeq | null> {
  const parts = handleParts.get(conversation as unknown as ConversationHandle<ContentMap, ContentMap, JsonValue>);
  if (!parts) throw new TidemarkError('invalid_input', 'must be of a client', { field: 'conversation' });
  const { replica, ask, userId, pageSize: limit } = parts;
  const { conversationId } = conversation;
  await replica.open();
  const row = replica.rows.get(conversationId);
  if (!row?.member) return null;
  const isLocal = isCompleteAbove(row, Math.max(row.readSeq, row.joinedSeq));
  for (let from = Math.max(after, row.readSeq); from < row.head; ) {
    const query = { conversationId, after: from, limit };
    const events = isLocal ? await replica.events(query) : ((await ask('history', query))?.events ?? []);
    const found = events.find((event) => countsAsMention(event, userId, row, registersNow(event)));
    if (found) return found.conversationSeq;
    from = events.at(-1)?.conversationSeq ?? row.head;
  }
  return null;
}
