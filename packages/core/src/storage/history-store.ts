import type { ConversationSummary, Membership } from '../conversation.ts';
import type { ConversationState } from '../conversation-state.ts';
import type { EventRef } from '../event-ref.ts';
import type { Event } from '../features/events.ts';
import type { Register, RegisterKey } from '../features/registers.ts';
import type { CommandId, ConversationId, StoreIdentity, UserId } from '../ids.ts';
import type { Quote } from '../message.ts';
import type { ConflictOutcome } from './conflict-outcome.ts';
import type { RefusalStore } from './refusal-store.ts';
import type { Survives } from './survives.ts';

/**
 * HistoryStore: the log of every conversation, and the tables that follow from it. To whoever implements it:
 *
 *  - The log is the truth. `append` writes the events and, in the same transaction, what `project(events)` of this
 *    package derives from them: conversations, heads, memberships, read marks, registers. Don't derive it anew.
 *  - Uniqueness is the fence. (conversationId, conversationSeq) and (actorId, commandId where not null) are unique;
 *    overlapping writers are told apart by nothing else. A violation is an outcome, not an exception.
 *  - When a write resolves, it is durable in the sense that `survives` states.
 *  - Reads see every write that resolved before they began, on any process.
 *  - Throw `UnavailableError` for what may pass (connection lost, restart, deadlock). Of anything else the caller finds out,
 *    with `probe`, whether it is the store's fault or the batch's.
 *  - Every method may be called concurrently.
 *  - Text is data: any string a content or title may hold comes back equal, code unit by code unit.
 */
export interface HistoryStore extends RefusalStore {
  /** What a resolved write survives. */
  readonly survives: Survives;

  /**
   * Connects and migrates, under a lock, so that processes may start together. Idempotent. Throws DeploymentError when the store is
   * newer than the adapter can use, or not migrated and the adapter was told not to.
   */
  open(): Promise<void>;
  /** Releases what `open` made; never what the application handed in. */
  close(): Promise<void>;

  /**
   * Which store it is, read from it: made at random when it was first opened, and never changed. A copy of the store has the
   * same. It distinguishes deployments on the same Redis.
   */
  identity(): Promise<StoreIdentity>;

  /**
   * Wall time by the clock of the store's server, ms since 1970: a process whose own differs far from it writes nothing. Absent
   * where the store has no other clock than the process.
   */
  readonly wallTime?: (() => Promise<number>) | undefined;

  /**
   * Appends events, all or none. Events of one conversation are in order and contiguous.
   * `{ conflict: 'event' }` when a unique key is taken, or a conversation's head is not the one that the first of its events
   * follows, or below one of the batch's read marks: a store that was set back is never written above the gap, nor marked there.
   * Then nothing was written.
   *
   * @param delivery the inbox is another store, and gets its rows afterwards: in the same transaction the events are remembered
   *   as undelivered, and those of `delivered` no longer
   */
  append(events: readonly Event[], delivery?: { readonly delivered: readonly EventRef[] }): Promise<ConflictOutcome>;

  /** Events whose rows may be missing in the inbox, in any order. Few: what is being written now. */
  undelivered(): Promise<EventRef[]>;

  /** The rows of these events are in the inbox; those that were not undelivered are ignored. */
  markDelivered(refs: readonly EventRef[]): Promise<void>;

  /**
   * Does what `append` and the reads of a writer do: every table, every kind of statement, with rows of its own that it takes
   * back. Resolves where the store is well, and rejects with what the store said. By it a writer tells a store that is ill
   * from a command that is, so it must meet what any append would meet. Nobody ever sees its rows; any number may run at once.
   */
  probe(): Promise<void>;

  /** State of each conversation; one that does not exist is absent from the map. */
  load(conversationIds: readonly ConversationId[]): Promise<Map<ConversationId, ConversationState>>;

  /** The events that these commands caused, in any order; commands not found are absent. */
  findByCommand(commands: readonly CommandKey[]): Promise<Event[]>;

  /**
   * Events by their place in the log, in any order; those not found are absent.
   *
   * @param bytes then a beginning of those that are there, in the order of `refs`: bounded as a page is
   */
  findByRef(refs: readonly EventRef[], bytes?: number): Promise<Event[]>;

  /** Registers as they are now, in any order; those that are not set are absent. */
  findRegisters(keys: readonly RegisterKey[]): Promise<Register[]>;

  /**
   * What pages carry of these events for these users, in any order: the registers of `SHOWN_REGISTERS`, and of what they count the
   * viewer's own. The cost does not grow with the number of owners, nor with what is no longer set.
   */
  findShown(views: readonly RegisterView[]): Promise<Register[]>;

  /** The owned registers of each of these names and keys that are set, in any order: of each the newest by `seq`, at most `limit`. */
  owners(query: OwnersQuery): Promise<Register[]>;

  /** Every stay in these conversations, past ones too; with `userId` this user's alone, found by their key. */
  memberships(conversationIds: readonly ConversationId[], userId?: UserId): Promise<Membership[]>;

  /**
   * A page of one conversation as `userId` may see it: only events within one of the user's stays.
   * `after`: ascending from after + 1 · `before`: descending from before - 1 · neither: the newest, descending.
   * The values of `SHOWN_REGISTERS` count in the bytes of the page. Events and registers are of one moment.
   */
  range(query: HistoryQuery): Promise<EventsPage>;

  /**
   * Messages of one conversation that others reply to, as they are now, in any order. Those that `userId` may not see, by the rule of
   * `range`, and what is no message, are absent. Don't load a text of more than `bytes`.
   */
  quotes(query: QuotesQuery): Promise<Quote[]>;

  /**
   * Conversations the user is a member of now, by (activeAt, conversationId), both descending, starting after `after`.
   * A `self` conversation is listed only when it holds a message.
   */
  conversations(query: ConversationsQuery): Promise<ConversationsPage>;

  /** One of them; `undefined` when the user is not a member now. @param unread as in {@link ConversationsQuery} */
  conversation(
    userId: UserId,
    conversationId: ConversationId,
    unread?: number,
  ): Promise<ConversationSummary | undefined>;
}

export interface CommandKey {
  readonly actorId: UserId;
  readonly commandId: CommandId;
}

/** The idempotency key of a command as a key of maps; neither part can hold a space. */
export function commandKey({ actorId, commandId }: CommandKey): string {
  return `${actorId} ${commandId}`;
}

/** An event of which somebody wants to see how it is now. */
export interface RegisterView {
  readonly conversationId: ConversationId;
  /** conversationSeq of the event. */
  readonly target: number;
  readonly viewer: UserId;
}

export interface OwnersQuery {
  readonly of: readonly Pick<RegisterKey, 'conversationId' | 'target' | 'name' | 'key'>[];
  /** Those set before this conversationSeq; all unless set. */
  readonly before?: number | undefined;
  /** At least 1. */
  readonly limit: number;
}

/**
 * How long a page may be: it ends at whichever bound it reaches first, and holds at least one item where there is one. An
 * item's bytes are those of its stored text, as the store counts them. Don't load what the page can't hold: `bytes` is
 * there for the memory of this process.
 */
interface PageBounds {
  /** At least 1. */
  readonly limit: number;
  /** Unbounded unless set. */
  readonly bytes?: number | undefined;
}

export interface EventsPage {
  readonly events: readonly Event[];
  /**
   * What `findShown` tells of each of them. A user who is no member any more sees those that were set up to the end of their last
   * stay.
   */
  readonly registers: readonly Register[];
  /** conversationSeq of the last event that the registers know of, as far as the user may see it; 0 with no events. */
  readonly asOf: number;
  /** Whether there was another event behind the last: looked at, not guessed from a full page. */
  readonly hasMore: boolean;
}

export interface ConversationsPage {
  readonly conversations: readonly ConversationSummary[];
  /** Whether there was another conversation behind the last. */
  readonly hasMore: boolean;
}

export interface HistoryQuery extends PageBounds {
  readonly userId: UserId;
  readonly conversationId: ConversationId;
  readonly after?: number | undefined;
  readonly before?: number | undefined;
}

export interface QuotesQuery {
  readonly userId: UserId;
  readonly conversationId: ConversationId;
  /** conversationSeqs of the messages. */
  readonly seqs: readonly number[];
  /** Bytes of the stored text of what a message says up to which it is loaded; of a larger one `message` is null. */
  readonly bytes: number;
}

export interface ConversationsQuery extends PageBounds {
  readonly userId: UserId;
  readonly after?: { readonly activeAt: number; readonly conversationId: ConversationId } | undefined;
  /**
   * Unread messages are counted up to this and no further, so that the cost doesn't grow with what is unread: a summary
   * whose `unread` is this number has that many or more. It also has it, uncounted, with more than {@link UNREAD_SPAN}
   * times as many events above the read mark, whoever sent them. Without a bound unless set.
   */
  readonly unread?: number | undefined;
}

/** Events of one's own and of membership stand between the messages that are counted. */
export const UNREAD_SPAN = 10;
