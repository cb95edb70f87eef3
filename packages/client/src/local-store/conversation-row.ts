import {
  type ConversationId,
  type ConversationSummary,
  DEFAULT_SETTINGS,
  type Event,
  isEventType,
  kindOf,
  type UserId,
} from '@tidemark/core';

/** A conversation as this device knows it: the summary of the server, moved on by the events since. */
export interface ConversationRow extends ConversationSummary {
  /** False after the user was removed or left: off the list, its messages kept. */
  readonly member: boolean;
  /**
   * The summary is not to be trusted and has to be fetched: `unknown` it was never known (not listed until it is),
   * `count` only the unread count is in doubt, `null` all is well.
   */
  readonly stale: 'unknown' | 'count' | null;
  /**
   * The visible events from..to are all here; `null` when none was loaded. The feed extends `to`, history pages
   * extend `from`.
   */
  readonly local: { readonly from: number; readonly to: number } | null;
  /** Nothing older than `local.from` exists for this user. */
  readonly reachedStart: boolean;
  /** A read mark made here that the server has not confirmed yet; sent again until it has. */
  readonly unsentReadSeq: number | null;
  /** Types of its events of which this build did not know what they mean. Absent: none. A build that does folds anew: {@link hasLearnt}. */
  readonly unknownTypes?: readonly string[];
}

/** Of one conversation that are remembered: whatever they are, they come from the server. */
const UNKNOWN_TYPES = 16;

/** The types of the row with those of these events that this build does not know. The same array where none is new. */
export function withUnknown(
  known: readonly string[] | undefined,
  events: readonly Event[],
): readonly string[] | undefined {
  const met = events.filter(({ type }) => !isEventType(type) && !known?.includes(type)).map(({ type }) => type);
  return met.length === 0 ? known : [...(known ?? []), ...new Set<string>(met)].slice(0, UNKNOWN_TYPES);
}

/** Whether the rows were made by a build that lacked a type of event that this one knows: what such events say is not in them. */
export function hasLearnt(rows: Iterable<ConversationRow>): boolean {
  for (const { unknownTypes = [] } of rows) if (unknownTypes.some(isEventType)) return true;
  return false;
}

export function rowOfSummary(summary: ConversationSummary, before?: ConversationRow): ConversationRow {
  const unsent = before?.unsentReadSeq ?? null;
  return {
    ...summary,
    // Servers before mentions don't say.
    unreadMentions: summary.unreadMentions ?? 0,
    // The feed may have brought later ones.
    ...(before && before.ownSeq > summary.ownSeq && { settings: before.settings, ownSeq: before.ownSeq }),
    member: true,
    stale: null,
    local: before?.local ?? null,
    reachedStart: before?.reachedStart ?? false,
    unsentReadSeq: unsent !== null && unsent > summary.readSeq ? unsent : null,
  };
}

/** A row as it is here; one that was kept by a build before mentions does not say how many are unread. */
export function rowOfStore(row: Omit<ConversationRow, 'unreadMentions'> & Partial<ConversationRow>): ConversationRow {
  const { unreadMentions, unread, stale } = row;
  if (unreadMentions !== undefined) return row as ConversationRow;
  return { ...row, unreadMentions: 0, stale: unread > 0 ? (stale ?? 'count') : stale };
}

/** Without a mark that the server does not have and will not take: its own, which is not known then, has to be fetched. */
export function withoutUnsentMark(row: ConversationRow): ConversationRow {
  return row.unsentReadSeq === null ? row : { ...row, readSeq: 0, unsentReadSeq: null };
}

/** Whether anything is known of the conversation but events: its summary, or its creation. */
export function isKnown(row: ConversationRow): boolean {
  return row.createdAt !== 0;
}

/** For a conversation that an event or the application names and nothing is known of. */
export function unknownConversation(conversationId: ConversationId, userId: UserId, member: boolean): ConversationRow {
  return {
    conversationId,
    kind: kindOf(conversationId),
    title: null,
    createdBy: userId,
    createdAt: 0,
    head: 0 as ConversationRow['head'],
    joinedSeq: 0 as ConversationRow['joinedSeq'],
    readSeq: 0,
    unread: 0,
    unreadMentions: 0,
    lastMessage: null,
    activeAt: 0,
    settings: DEFAULT_SETTINGS,
    ownSeq: 0,
    member,
    stale: 'unknown',
    local: null,
    reachedStart: false,
    unsentReadSeq: null,
  };
}
