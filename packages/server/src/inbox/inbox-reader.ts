import {
  type CursorPosition,
  DEFAULT_LIMITS,
  type Epoch,
  type Event,
  fingerprintAt,
  fingerprintDepth,
  fingerprintsAgree,
  type InboxBounds,
  type InboxEntry,
  type InboxRecord,
  type Limits,
  type ResetReason,
  refKey,
  type Seq,
  type Storage,
  type UserId,
} from '@tidemark/core';
import type { SetBackWatch } from '../store/set-back-watch.ts';
import type { VoidFiller } from './void-filler.ts';

/**
 * Voids below a cursor that are passed over to find the event it stands on; beyond, it is believed. A store that was set back has as
 * many in a row as a counter may stand above it; see `plausibleCounters`.
 */
const VOIDS_PASSED = 16_384;
/** How far the first look below a cursor goes, and how much further each next one. */
const LOOK = 16;
/** Newest entries of a user among which a hole may still be filled. */
const HOLE_WINDOW = 256;

/**
 * Reads inboxes for `inbox.since` and for feeds: only contiguous entries leave here, and a cursor that cannot be
 * continued from gets a reset.
 *
 * Keeps   P4 holes are waited for, then closed; P6 only what the store holds; P9 no silent truncation
 * Proved  test/inbox/inbox-reader.test.ts
 */
export class InboxReader {
  readonly #storage: Storage;
  readonly #voids: VoidFiller;
  readonly #limits: Pick<Limits, 'contentBytes' | 'pageBytes'>;
  /** Hears of what is read here, since it is delivered. */
  readonly #setBacks: Pick<SetBackWatch, 'count' | 'delivered'>;

  constructor(
    storage: Storage,
    voids: VoidFiller,
    limits: Pick<Limits, 'contentBytes' | 'pageBytes'> = DEFAULT_LIMITS,
    setBacks: Pick<SetBackWatch, 'count' | 'delivered'> = { count: 0, delivered: () => {} },
  ) {
    this.#setBacks = setBacks;
    this.#storage = storage;
    this.#voids = voids;
    this.#limits = limits;
  }

  get epoch(): Epoch {
    return this.#storage.inbox.epoch;
  }

  /**
   * The newest seq that has nothing unfilled below it. Whoever begins here, with a snapshot taken afterwards, has
   * everything: what still fills a hole is above it.
   */
  async contiguousHead(userId: UserId): Promise<Position> {
    const { floor, head } = await this.#bounds(userId);
    return this.#contiguousHead(userId, floor, head);
  }

  async heads(userIds: readonly UserId[]): Promise<Map<UserId, Seq>> {
    const bounds = await this.#storage.inbox.bounds(userIds);
    return new Map([...bounds].map(([userId, { head }]) => [userId, head]));
  }

  /**
   * Where to continue from: the cursor's own seq, or the contiguous head with the reason why the cursor cannot be used. A cursor
   * proves by its fingerprint that the store has what it stands on, so that a store that was set back is noticed however far
   * it has come since.
   */
  async start(userId: UserId, cursor: CursorPosition | undefined): Promise<Start> {
    const { floor, head } = await this.#bounds(userId);
    let reset = this.#resetReason(cursor, floor, head);
    if (reset === undefined && cursor) {
      const { seq } = cursor;
      const found = await this.#fingerprint(userId, seq, floor, fingerprintDepth(cursor.fingerprint));
      if (isOf(cursor, found)) return { seq, head, reset, fingerprint: found ?? cursor.fingerprint };
      // Retention may have removed it since the bounds were read.
      const now = await this.#bounds(userId);
      reset = this.#resetReason(cursor, now.floor, now.head);
      if (reset === undefined && seq === now.floor) return { seq, head, reset, fingerprint: cursor.fingerprint };
      reset ??= 'ahead';
    }
    return { ...(await this.#contiguousHead(userId, floor, head)), head, reset };
  }

  /**
   * Entries after `after`, contiguous, at most `limit` and of at most `limits.pageBytes`; empty when there are none. Waits
   * for a hole at the very start to be filled or closed. `floor`: retention has overtaken `after`.
   */
  async after(userId: UserId, after: number, limit: number): Promise<InboxEntry[] | 'floor'> {
    for (;;) {
      const bytes = this.mayCut(limit) ? this.#limits.pageBytes : undefined;
      const { count } = this.#setBacks;
      const records = contiguous(await this.#storage.inbox.range(userId, after, limit, bytes), after);
      if (records === undefined) {
        if (after < (await this.#bounds(userId)).floor) return 'floor';
        await this.#voids.fill(userId, after);
        continue;
      }
      const entries = await this.#resolve(records, bytes);
      const last = entries.findLast(isEvent);
      if (last) this.#setBacks.delivered(userId, last, count);
      return entries;
    }
  }

  /** Whether so many entries may be too many bytes for a page, so that a page with fewer need not be the last. */
  mayCut(limit: number): boolean {
    return limit * this.#limits.contentBytes > this.#limits.pageBytes;
  }

  #resetReason(cursor: CursorPosition | undefined, floor: Seq, head: Seq): ResetReason | undefined {
    if (!cursor) return 'new';
    if (cursor.epoch !== this.epoch) return 'epoch';
    if (cursor.seq < floor) return 'floor';
    return cursor.seq > head ? 'ahead' : undefined;
  }

  async #bounds(userId: UserId): Promise<InboxBounds> {
    return (await this.#storage.inbox.bounds([userId])).get(userId) ?? { floor: 0 as Seq, head: 0 as Seq };
  }

  /** Writers that are slower than others by this many entries of one user have long been given up on. */
  async #contiguousHead(userId: UserId, floor: Seq, head: Seq): Promise<Position> {
    const from = Math.max(floor, head - HOLE_WINDOW);
    const seqs = await this.#storage.inbox.seqs(userId, from, HOLE_WINDOW);
    const hole = seqs.findIndex((seq, index) => seq !== from + 1 + index);
    const seq = (hole === -1 ? head : from + hole) as Seq;
    return { seq, fingerprint: (await this.#fingerprint(userId, seq, floor)) ?? undefined };
  }

  /**
   * Of the newest event at or below `seq`. Undefined where that is not known: at the floor, above nothing but voids down to a floor,
   * or above more of them than are passed over. Null where the store has nothing at `seq`, or no event up to it and never had. Speaks
   * for `depth` entries below that event as well, where retention has left them.
   */
  async #fingerprint(userId: UserId, seq: number, floor: number, depth = 0): Promise<string | undefined | null> {
    if (seq <= floor) return undefined;
    const [last] = await this.#storage.inbox.range(userId, seq - 1, 1);
    if (last?.seq !== seq) return null;
    const record = last.ref === null ? await this.#newestEvent(userId, seq - 1, floor) : last;
    if (record) {
      const below = await this.#below(userId, record.seq, floor, depth);
      return fingerprintAt(await this.#resolve([...below, record], undefined), undefined);
    }
    return floor === 0 && seq <= VOIDS_PASSED ? null : undefined;
  }

  /** So many records below `seq`, without those that the store lacks; none where retention has removed some of them. */
  async #below(userId: UserId, seq: number, floor: number, depth: number): Promise<InboxRecord[]> {
    const after = seq - 1 - depth;
    if (depth === 0 || after < floor) return [];
    return (await this.#storage.inbox.range(userId, after, depth)).filter((record) => record.seq < seq);
  }

  /** At or below `seq`, as far as voids are passed over. */
  async #newestEvent(userId: UserId, seq: number, floor: number): Promise<InboxRecord | undefined> {
    const lowest = Math.max(floor, seq - VOIDS_PASSED);
    for (let upTo = seq, look = LOOK; upTo > lowest; look *= LOOK) {
      const from = Math.max(lowest, upTo - look);
      const records = await this.#storage.inbox.range(userId, from, upTo - from);
      const newest = records.findLast((record) => record.ref !== null && record.seq <= upTo);
      if (newest) return newest;
      upTo = from;
    }
    return undefined;
  }

  /** With their events. The history may give a beginning of them, so that the page ends before the first that it left out. */
  async #resolve(records: readonly InboxRecord[], bytes: number | undefined): Promise<InboxEntry[]> {
    const refs = records.flatMap((record) => (record.ref && !record.event ? [record.ref] : []));
    const events = new Map<string, Event>();
    if (refs.length > 0) {
      for (const event of await this.#storage.history.findByRef(refs, bytes)) events.set(refKey(event), event);
    }
    const entries: InboxEntry[] = [];
    for (const { seq, ref, event } of records) {
      const resolved = ref && (event ?? events.get(refKey(ref)));
      if (resolved === undefined) {
        if (bytes !== undefined && entries.length > 0) break;
        throw new Error(
          `inbox entry ${seq} refers to ${ref?.conversationId}/${ref?.conversationSeq}, which history lacks`,
        );
      }
      entries.push({ seq, event: resolved });
    }
    return entries;
  }
}

function isEvent(entry: InboxEntry): entry is InboxEntry & { readonly event: Event } {
  return entry.event !== null;
}

/** Where a cursor stands. */
export interface Position {
  readonly seq: Seq;
  /** Of the newest event at or below it, where that is known. */
  readonly fingerprint: string | undefined;
}

export interface Start extends Position {
  /** The newest seq in the store. */
  readonly head: Seq;
  readonly reset: ResetReason | undefined;
}

/** Whether the store has, as far as it is known, what the cursor stands on. */
function isOf({ fingerprint }: CursorPosition, found: string | undefined | null): boolean {
  if (fingerprint === undefined || found === undefined) return true;
  return found !== null && fingerprintsAgree(fingerprint, found);
}

/** The records up to the first hole; undefined when the hole is at the start. */
function contiguous(records: readonly InboxRecord[], after: number): readonly InboxRecord[] | undefined {
  const hole = records.findIndex((record, index) => record.seq !== after + 1 + index);
  if (hole === 0) return undefined;
  return hole === -1 ? records : records.slice(0, hole);
}
