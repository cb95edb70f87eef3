import {
  type CommandId,
  type ConversationId,
  counts,
  countsAsMention,
  definitionOf,
  type Event,
  type InboxEntry,
  type Message,
  type Register,
  tombstone,
  type UserId,
} from '@tidemark/core';
import {
  type ConversationRow,
  isKnown,
  unknownConversation,
  withoutUnsentMark,
  withUnknown,
} from '../local-store/conversation-row.ts';
import { ownDraftIn } from './own-draft.ts';
import { settingsOf } from './registers.ts';
import { changesCounts } from './unread.ts';

/** What a batch of entries changes locally. */
export interface Applied {
  readonly conversations: Map<ConversationId, ConversationRow>;
  readonly events: Event[];
  /** Drafts that came back as events. */
  readonly removeDrafts: CommandId[];
  /** Conversations whose read mark moved, or where earlier messages count otherwise: their unread counts have to be counted anew from the local events. */
  readonly recount: Set<ConversationId>;
}

/** A copy that is this batch's own until it is given out: a row is moved on by thousands of events and copied once. */
type OwnRow = { -readonly [K in keyof ConversationRow]: ConversationRow[K] };

/**
 * Moves the rows on by the events of a batch. Pure. A row's summary may be newer than the feed's position (it was
 * fetched): an event with conversationSeq ≤ the row's head is already in its counts, and only its text is new.
 */
export function applyEntries(
  entries: readonly InboxEntry[],
  rows: ReadonlyMap<ConversationId, ConversationRow>,
  userId: UserId,
): Applied {
  const conversations = new Map<ConversationId, OwnRow>();
  const applied: Applied = { conversations, events: [], removeDrafts: [], recount: new Set() };

  function own(row: ConversationRow): OwnRow {
    const copy = conversations.get(row.conversationId) ?? { ...row };
    conversations.set(row.conversationId, copy);
    return copy;
  }

  for (const { event } of entries) {
    if (!event) continue;
    const { conversationId } = event;
    const known = conversations.get(conversationId) ?? rows.get(conversationId);
    const isNews = event.conversationSeq > (known?.head ?? 0);
    applyEvent(event, own(known ?? unknownConversation(conversationId, userId, true)), userId);
    if (isKept(event)) applied.events.push(event);
    if (isNews && changesCounts(event, userId)) applied.recount.add(conversationId);
    for (const register of settingsOf([event], userId)) {
      const row = conversations.get(register.conversationId) ?? rows.get(register.conversationId);
      if (register.name === 'settings' && register.value && row && register.seq > (row.ownSeq ?? 0))
        Object.assign(own(row), { settings: register.value, ownSeq: register.seq });
    }
    const draft = ownDraftIn(event, userId);
    if (draft) applied.removeDrafts.push(draft);
    const mark = event.actorId === userId ? definitionOf(event).reads?.(event) : undefined;
    if (!mark) continue;
    const marked = conversations.get(mark.conversationId) ?? rows.get(mark.conversationId);
    if (!marked || mark.readSeq <= marked.readSeq) continue;
    readUpTo(own(marked), mark.readSeq);
    applied.recount.add(mark.conversationId);
  }
  return applied;
}

/** Whether it stays in the local store. */
export function isKept(event: Event): boolean {
  return definitionOf(event).kept === true;
}

function applyEvent(event: Event, row: OwnRow, userId: UserId): void {
  const seq = event.conversationSeq;
  // Its history was read before the feed or a list told of it: whether the user is a member has to be asked.
  if (!row.member && !isKnown(row)) row.stale = 'unknown';
  const unknown = withUnknown(row.unknownTypes, [event]);
  if (unknown) row.unknownTypes = unknown;
  const isNew = seq > row.head;
  if (isNew) row.head = seq;
  const { from, to } = row.local ?? { from: seq, to: seq };
  row.local = { from: Math.min(from, seq), to: Math.max(to, seq) };
  if (seq === 1) row.reachedStart = true;
  const { creates, joins, leaves, message } = definitionOf(event);
  if (isNew && counts(event, userId, row)) row.unread += 1;
  if (isNew && countsAsMention(event, userId, row)) row.unreadMentions += 1;
  if (message && seq > (row.lastMessage?.conversationSeq ?? 0)) {
    row.lastMessage = message(event);
    row.activeAt = event.at;
  }
  for (const register of settingsOf([event], userId)) row.lastMessage = lastMessageAfter(row.lastMessage, register);
  if (!isNew) return;
  if (creates) {
    Object.assign(row, creates(event), { joinedSeq: seq, activeAt: event.at, member: true, stale: null });
  } else if (joins?.(event).includes(userId)) {
    // Title, kind and the unread messages of an earlier stay are not in the event: fetched. So is what was said of its messages since.
    const local = { from: seq, to: seq };
    Object.assign(row, { joinedSeq: seq, member: true, stale: 'unknown', local, reachedStart: false });
  }
  if (leaves?.(event).includes(userId)) Object.assign(row, withoutMembership(row));
}

/** A summary that was fetched may hold a later version. */
function lastMessageAfter(last: Message | null, { name, target, value }: Register): Message | null {
  if (last?.conversationSeq !== target || last.revoked) return last;
  if (name === 'revoked' && value) return tombstone(last, value);
  if (name !== 'content' || !value) return last;
  const { message, version, at, mentions } = value;
  return version > (last.edited?.version ?? 1) ? { ...last, ...message, mentions, edited: { version, at } } : last;
}

/** An unsent read mark would be refused now; if the user comes back, the row is fetched. */
export function withoutMembership(row: ConversationRow): ConversationRow {
  return { ...withoutUnsentMark(row), member: false, unread: 0, unreadMentions: 0, stale: null };
}

function readUpTo(row: OwnRow, readSeq: number): void {
  row.readSeq = readSeq;
  if (row.unsentReadSeq !== null && row.unsentReadSeq <= readSeq) row.unsentReadSeq = null;
}
