import {
  type CommandId,
  type ConversationId,
  type Event,
  type InboxEntry,
  messageOf,
  type UserId,
} from '@tidemark/core';
import { type ConversationRow, unknownConversation, withoutUnsentMark } from '../local-store/conversation-row.ts';

/** What a batch of entries changes locally. */
export interface Applied {
  readonly conversations: Map<ConversationId, ConversationRow>;
  readonly events: Event[];
  /** Drafts that came back as stored messages. */
  readonly removeDrafts: CommandId[];
  /** Conversations whose read mark moved: their unread count has to be counted anew from the local events. */
  readonly recount: Set<ConversationId>;
}

/**
 * Moves the rows on by the events of a batch. Pure. A row's summary may be newer than the feed's position (it was
 * fetched): an event with conversationSeq ≤ the row's head is already in its counts, and only its text is new.
 */
export function applyEntries(
  entries: readonly InboxEntry[],
  rows: ReadonlyMap<ConversationId, ConversationRow>,
  userId: UserId,
): Applied {
  const applied: Applied = { conversations: new Map(), events: [], removeDrafts: [], recount: new Set() };
  for (const { event } of entries) {
    if (!event) continue;
    const { conversationId } = event;
    const before = applied.conversations.get(conversationId) ?? rows.get(conversationId);
    applied.conversations.set(conversationId, applyEvent(event, before, userId));
    if (isKept(event)) applied.events.push(event);
    if (event.type === 'message.sent' && event.actorId === userId && event.commandId !== null) {
      applied.removeDrafts.push(event.commandId);
    }
    if (event.type === 'read.marked' && event.actorId === userId) {
      const marked = applied.conversations.get(event.of) ?? rows.get(event.of);
      if (!marked || event.readSeq <= marked.readSeq) continue;
      applied.conversations.set(event.of, withReadSeq(marked, event.readSeq));
      applied.recount.add(event.of);
    }
  }
  return applied;
}

/** Read marks are folded into the rows, and would only pile up. */
export function isKept(event: Event): boolean {
  return event.type !== 'read.marked';
}

function applyEvent(event: Event, before: ConversationRow | undefined, userId: UserId): ConversationRow {
  const seq = event.conversationSeq;
  const known = before ?? unknownConversation(event.conversationId, userId, true);
  // Its history was read before the feed or a list told of it: whether the user is a member has to be asked.
  const base: ConversationRow = known.member || known.createdAt > 0 ? known : { ...known, stale: 'unknown' };
  const isNews = seq > base.head;
  const row: ConversationRow = {
    ...base,
    head: isNews ? seq : base.head,
    local: base.local
      ? { from: Math.min(base.local.from, seq), to: Math.max(base.local.to, seq) }
      : { from: seq, to: seq },
    reachedStart: base.reachedStart || seq === 1,
  };
  // By type, not by exclusion: a newer server has event types this build does not know, and they must pass.
  switch (event.type) {
    case 'message.sent': {
      const isUnread = isNews && event.actorId !== userId && seq > row.readSeq;
      const isNewest = seq > (row.lastMessage?.conversationSeq ?? 0);
      return {
        ...row,
        unread: row.unread + (isUnread ? 1 : 0),
        lastMessage: isNewest ? messageOf(event) : row.lastMessage,
        activeAt: Math.max(row.activeAt, event.at),
      };
    }
    case 'conversation.created':
      if (!isNews) return row;
      return {
        ...row,
        kind: event.kind,
        title: event.title,
        createdBy: event.actorId,
        createdAt: event.at,
        joinedSeq: seq,
        activeAt: Math.max(row.activeAt, event.at),
        member: true,
        stale: null,
      };
    case 'members.added':
      // Title, kind and the unread messages of an earlier stay are not in the event: fetched.
      if (!event.memberIds.includes(userId) || !isNews) return row;
      return { ...row, member: true, joinedSeq: seq, stale: 'unknown' };
    case 'members.removed':
      if (!event.memberIds.includes(userId) || !isNews) return row;
      return withoutMembership(row);
    default:
      return row;
  }
}

/** An unsent read mark would be refused now; if the user comes back, the row is fetched. */
export function withoutMembership(row: ConversationRow): ConversationRow {
  return { ...withoutUnsentMark(row), member: false, unread: 0, stale: null };
}

function withReadSeq(row: ConversationRow, readSeq: number): ConversationRow {
  const unsent = row.unsentReadSeq;
  return { ...row, readSeq, unsentReadSeq: unsent !== null && unsent > readSeq ? unsent : null };
}
