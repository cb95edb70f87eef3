import { counts, type Event, type ReadPosition, type UserId } from '@tidemark/core';
import type { ConversationRow } from '../local-store/conversation-row.ts';
import { mergeChunk, pick } from '../local-store/event-chunks.ts';
import type { LocalReplica } from '../local-store/local-replica.ts';

/**
 * The row with its unread count (P13) counted anew from local events; marked stale when not all of them are here. `pending` are
 * events of the same transaction.
 */
export async function recountUnread(
  row: ConversationRow,
  replica: LocalReplica,
  userId: UserId,
  pending: readonly Event[] = [],
): Promise<ConversationRow> {
  if (row.readSeq >= row.head) return { ...row, unread: 0 };
  // What was left unread of an earlier stay is no longer counted.
  const after = Math.max(row.readSeq, row.joinedSeq);
  if (!isCompleteAbove(row, after)) return { ...row, stale: row.stale ?? 'count' };
  const events = await eventsAbove(row, after, replica, pending);
  return { ...row, unread: countUnread(events, userId, row) };
}

/** Events of (after, row.head], stored or pending. Above the head are only events that the counts do not know yet. */
export async function eventsAbove(
  row: ConversationRow,
  after: number,
  replica: LocalReplica,
  pending: readonly Event[] = [],
): Promise<Event[]> {
  const { conversationId, head } = row;
  const limit = Number.MAX_SAFE_INTEGER;
  const stored = await replica.events({ conversationId, after, limit });
  const own = pending.filter((event) => event.conversationId === conversationId);
  return pick(mergeChunk(stored, own), { conversationId, after, before: head + 1, limit });
}

export function countUnread(events: readonly Event[], userId: UserId, position: ReadPosition): number {
  return events.filter((event) => counts(event, userId, position)).length;
}

/** Whether every visible event of (seq, head] is here. */
function isCompleteAbove(row: ConversationRow, seq: number): boolean {
  if (!row.local || row.local.to < row.head) return false;
  return row.reachedStart || row.local.from <= seq + 1;
}
