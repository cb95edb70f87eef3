import {
  type ConversationSummary,
  changesMention,
  counts,
  countsAsMention,
  definitionOf,
  type Event,
  type ReadPosition,
  type UserId,
} from '@tidemark/core';
import type { ConversationRow } from '../local-store/conversation-row.ts';
import { mergeChunk, pick } from '../local-store/event-chunks.ts';
import type { LocalReplica } from '../local-store/local-replica.ts';
import { registersNow } from './registers.ts';

/** What of a conversation is unread, and what of that mentions the user (P13, P16). */
export type Unread = Pick<ConversationSummary, 'unread' | 'unreadMentions'>;

/**
 * The row with its unread counts counted anew from local events; marked stale when not all of them are here. `pending` are
 * events of the same transaction.
 */
export async function recountUnread(
  row: ConversationRow,
  replica: LocalReplica,
  userId: UserId,
  pending: readonly Event[] = [],
): Promise<ConversationRow> {
  if (row.readSeq >= row.head) return { ...row, unread: 0, unreadMentions: 0 };
  // What was left unread of an earlier stay is no longer counted.
  const after = Math.max(row.readSeq, row.joinedSeq);
  if (!isCompleteAbove(row, after)) return { ...row, stale: row.stale ?? 'count' };
  const events = await eventsAbove(row, after, replica, pending);
  return { ...row, ...countUnread(events, userId, row) };
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

export function countUnread(events: readonly Event[], userId: UserId, position: ReadPosition): Unread {
  const counted = events.filter((event) => counts(event, userId, position));
  const mentions = counted.filter((event) => countsAsMention(event, userId, position, registersNow(event)));
  return { unread: counted.length, unreadMentions: mentions.length };
}

/** Whether what is counted of earlier events may be less after it, or more: then they are counted anew. */
export function changesCounts(event: Event, userId: UserId): boolean {
  return definitionOf(event).erases !== undefined || changesMention(event, userId);
}

/** Whether every visible event of (seq, head] is here. */
export function isCompleteAbove(row: ConversationRow, seq: number): boolean {
  if (!row.local || row.local.to < row.head) return false;
  return row.reachedStart || row.local.from <= seq + 1;
}
