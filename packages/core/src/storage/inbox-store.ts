import type { EventRef } from '../event-ref.ts';
import type { Event } from '../features/events.ts';
import type { Epoch, Seq, StoreIdentity, UserId } from '../ids.ts';
import type { ConflictOutcome } from './conflict-outcome.ts';
import type { Survives } from './survives.ts';

/**
 * InboxStore: which event stands at which seq of which user. To whoever implements it:
 *
 *  - (userId, seq) is unique, and so is (userId, conversationId, conversationSeq) where there is a reference. These keys
 *    carry P3, P4 and P6: a seq is never given twice, an event never delivered twice.
 *  - A row is a reference: an event's body is stored once, in the history. An adapter that keeps both may join.
 *  - Retention removes the oldest rows of a user, never from the middle. A user's head must survive it, even when
 *    every row has expired: counters are restored from it.
 *  - When a write resolves, it is durable in the sense that `survives` states.
 *  - Reads see every write that resolved before they began, on any process.
 *  - Throw `UnavailableError` for what may pass; anything else is a defect.
 */
export interface InboxStore {
  /** What a resolved write survives. */
  readonly survives: Survives;

  open(): Promise<void>;
  close(): Promise<void>;

  /** Known after `open`. A store that was emptied has another one. */
  readonly epoch: Epoch;

  /** Makes another epoch, keeps it, and returns it; `epoch` is that from now on. The rows stay. Call while it is open. */
  renewEpoch(): Promise<Epoch>;

  /**
   * Says of which history its rows refer to events, for good: what the first call said stands. Returns the history it belongs
   * to, which is another one when the inbox was made for that. An inbox within the history's own store belongs to that.
   */
  bind(history: StoreIdentity): Promise<StoreIdentity>;

  /** The store was set back under the running process: what the adapter remembers of it is not to be trusted any more. */
  forget?(): void;

  /** ms after which the store removes rows by itself. Absent: the server says how long they are kept, and calls `purge`. */
  readonly retentionMs?: number;

  /** As `wallTime` of a history store. */
  readonly wallTime?: (() => Promise<number>) | undefined;

  /**
   * Appends rows, in their order. `{ conflict: 'entry' }` when a key is taken. All or none is best; where an adapter has no
   * transaction, what it wrote until it met a taken key, or died, is a beginning of `rows`. So an event that has all its
   * rows has none missing before it, and what is completed later is numbered above it. The caller finds out what is
   * missing with `find`, and calls again.
   */
  append(rows: readonly InboxRow[]): Promise<ConflictOutcome>;

  /** As `probe` of a history store: does what `append` and the reads of a writer do, and leaves nothing. */
  probe(): Promise<void>;

  /** Writes voids where a seq is free; those taken meanwhile are left as they are. Returns the seqs written. */
  fillVoids(userId: UserId, seqs: readonly Seq[], at: number): Promise<Seq[]>;

  /** The rows that hold these events for these users; those not found are absent. */
  find(deliveries: readonly Delivery[]): Promise<InboxRow[]>;

  /**
   * Rows with seq > after, ascending, at most `limit`. Holes are the caller's business.
   *
   * @param bytes where the events are joined: the rows end before the one with which the stored texts of the events exceed
   *   it, and there is at least one. Don't load the others
   */
  range(userId: UserId, after: number, limit: number, bytes?: number): Promise<InboxRecord[]>;

  /** The seqs of rows with seq > after, ascending, at most `limit`: for whoever looks for holes, without the events. */
  seqs(userId: UserId, after: number, limit: number): Promise<Seq[]>;

  /**
   * Head and floor of each user; a user without an inbox has { floor: 0, head: 0 }. A seq that is reserved for a row still
   * to be written is not the head: a device would begin there, and miss what is numbered below it.
   */
  bounds(userIds: readonly UserId[]): Promise<Map<UserId, InboxBounds>>;

  /**
   * Removes rows older than `before` (ms since 1970), at most `limit`, and returns how many. A store that expires rows by
   * itself returns 0. Each user's newest row stays, or its seq is remembered otherwise.
   *
   * @param plausible a row with a later `at` was dated by a wrong clock: it goes with the rows after it, and holds up none
   *   of them. Every date is plausible unless set
   */
  purge(before: number, limit: number, plausible?: number): Promise<number>;
}

export interface InboxRow {
  readonly userId: UserId;
  readonly seq: Seq;
  /** null: a void. */
  readonly ref: EventRef | null;
  /** Milliseconds since 1970; retention counts from here. */
  readonly at: number;
}

/** A row as read; `event` is there when the adapter could join it. */
export interface InboxRecord {
  readonly seq: Seq;
  readonly ref: EventRef | null;
  readonly event?: Event;
}

export interface Delivery {
  readonly userId: UserId;
  readonly ref: EventRef;
}

/**
 * Seqs up to floor were removed by retention: a cursor below it has lost entries. Seqs floor+1 … head are there, but for
 * holes: seqs that a slower writer has not filled yet, also right above the floor and at the start of an inbox.
 */
export interface InboxBounds {
  readonly floor: Seq;
  readonly head: Seq;
}
