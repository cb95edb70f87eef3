import type { ConversationSummary, Membership } from '../conversation.ts';
import type { ConversationState } from '../conversation-state.ts';
import type { Event, EventRef } from '../event.ts';
import type { CommandId, ConversationId, UserId } from '../ids.ts';
import type { ConflictOutcome } from './conflict-outcome.ts';

/**
 * HistoryStore: the log of every conversation, and the tables that follow from it. To whoever implements it:
 *
 *  - The log is the truth. `append` writes the events and, in the same transaction, what `project(events)` of this
 *    package derives from them: conversations, heads, memberships, read marks. Don't derive it anew.
 *  - Uniqueness is the fence. (conversationId, conversationSeq) and (actorId, commandId where not null) are unique;
 *    overlapping writers are told apart by nothing else. A violation is an outcome, not an exception.
 *  - When a write resolves, it is durable in the sense the adapter's capabilities state.
 *  - Reads see every write that resolved before they began, on any process.
 *  - Throw `UnavailableError` for what may pass (connection lost, restart, deadlock); anything else is a defect.
 *  - Every method may be called concurrently.
 *  - Text is data: any string a content or title may hold comes back equal, code unit by code unit.
 */
export interface HistoryStore {
  /** Connects and migrates, under a lock, so that processes may start together. Idempotent. */
  open(): Promise<void>;
  /** Releases what `open` made; never what the application handed in. */
  close(): Promise<void>;

  /**
   * Appends events, all or none. Events of one conversation are in order and contiguous.
   * `{ conflict: 'event' }` when a unique key is taken; then nothing was written.
   *
   * @param settling the inbox is another store, and gets its rows afterwards: in the same transaction the events are
   *   remembered as unsettled, and `settled` are no longer
   */
  append(events: readonly Event[], settling?: { readonly settled: readonly EventRef[] }): Promise<ConflictOutcome>;

  /** Events that are unsettled, in any order: their rows may be missing in the inbox. Few: what is being written now. */
  unsettled(): Promise<EventRef[]>;

  /** Those that were are no longer unsettled: their rows are in the inbox. */
  settle(refs: readonly EventRef[]): Promise<void>;

  /** State of each conversation; one that does not exist is absent from the map. */
  load(conversationIds: readonly ConversationId[]): Promise<Map<ConversationId, ConversationState>>;

  /** The events that these commands caused, in any order; commands not found are absent. */
  findByCommand(commands: readonly CommandKey[]): Promise<Event[]>;

  /** Events by their place in the log, in any order; those not found are absent. */
  findByRef(refs: readonly EventRef[]): Promise<Event[]>;

  /** Every stay in these conversations, past ones too. */
  memberships(conversationIds: readonly ConversationId[]): Promise<Membership[]>;

  /**
   * A page of one conversation as `userId` may see it: only events within one of the user's stays.
   * `after`: ascending from after + 1 · `before`: descending from before - 1 · neither: the newest, descending.
   */
  range(query: HistoryQuery): Promise<Event[]>;

  /**
   * Conversations the user is a member of now, by (activeAt, conversationId), both descending, starting after `after`.
   * A `self` conversation is listed only when it holds a message.
   */
  conversations(query: ConversationsQuery): Promise<ConversationSummary[]>;

  /** One of them; `undefined` when the user is not a member now. */
  conversation(userId: UserId, conversationId: ConversationId): Promise<ConversationSummary | undefined>;
}

export interface CommandKey {
  readonly actorId: UserId;
  readonly commandId: CommandId;
}

/** The idempotency key of a command as a key of maps; neither part can hold a space. */
export function commandKey({ actorId, commandId }: CommandKey): string {
  return `${actorId} ${commandId}`;
}

export interface HistoryQuery {
  readonly userId: UserId;
  readonly conversationId: ConversationId;
  readonly after?: number | undefined;
  readonly before?: number | undefined;
  /** At least 1. */
  readonly limit: number;
}

export interface ConversationsQuery {
  readonly userId: UserId;
  readonly after?: { readonly activeAt: number; readonly conversationId: ConversationId } | undefined;
  readonly limit: number;
}
