import {
  backoff,
  type Clock,
  type Cursor,
  type FeedInfo,
  type FeedItem,
  fingerprintAt,
  fingerprintOf,
  formatCursor,
  type InboxEntry,
  type Random,
  type ResetReason,
  type Seq,
  UnavailableError,
  type UserId,
  WIRE_VERSION,
} from '@tidemark/core';
import type { InboxReader } from '../inbox/inbox-reader.ts';
import type { FeedTransport, ServerEventBus } from '../server-events.ts';
import type { SharedEntry } from './shared-entry.ts';

/** Entries written to a sink at once before it is asked whether it is full: what may wait in it beyond its limit. */
const TEXT_ENTRIES = 16;

/** Most feeds hear nothing ahead of its turn, and an idle one is to be small; never written to. */
const NONE = new Map<number, SharedEntry>();

/**
 * Stage   7 subscription
 * In      a cursor; then entries as frames bring them
 * Out     catch-up from the store, then live, with no seam, into a sink
 * Keeps   P8 contiguous: next seq → write, lower → drop, higher → wait a moment, then read the store;
 *         P9 resets are explicit; P11 a full sink stops the feed at its cursor, and nothing queues here
 * Proved  test/subscription/feed.test.ts, test/e2e/two-nodes.services.test.ts, test/fault/slow-consumer.services.test.ts
 *
 * Two modes. `reading`: pages from the store; entries heard meanwhile only raise `heard`. `live`: entries go straight to
 * the sink. It turns live in the same tick in which it has read all it heard of, so nothing falls between.
 */
export class Feed {
  readonly userId: UserId;
  readonly transport: FeedTransport;
  readonly #sink: FeedSink;
  readonly #options: FeedOptions;
  /** Frames of other partitions may overtake: entries ahead by a few wait here, for a moment and bounded. */
  #ahead = NONE;
  /** Ends the waits under way; made with the first of them, since most feeds never wait. */
  #waits: AbortController | undefined;
  #closed = false;
  #cursor = 0;
  /** Of the newest event at or below the cursor, where that is known. */
  #fingerprint: string | undefined;
  #resets = 0;
  /** The event of the last live entry, while that stands for the fingerprint. */
  #newest: SharedEntry | undefined;
  #heard = 0;
  /** The newest seq in the store when the feed began. */
  #head = 0;
  #mode: 'reading' | 'live' = 'reading';
  /** Its cursor cannot be continued from, as was found while it was under way. */
  #startsAgain = false;
  #impatient = false;
  /** Nothing has been read for it. */
  #isNew = true;
  /** The first item says whose feed it is. */
  #hasBegun = false;
  /** The sink knows that it is live, and nothing from the store was written since. */
  #saidLive = false;

  constructor(userId: UserId, sink: FeedSink, options: FeedOptions) {
    this.userId = userId;
    this.transport = sink.transport;
    this.#sink = sink;
    this.#options = options;
  }

  get cursor(): number {
    return this.#cursor;
  }

  /** How often its device was told to rebuild. */
  get resets(): number {
    return this.#resets;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  get isLive(): boolean {
    return this.#mode === 'live';
  }

  /**
   * Begins after `seq`, telling the sink of a reset first; `head` is what the catch-up has before it, `fingerprint` is of the event
   * that `seq` stands on. Call once the hub sends this feed what it hears.
   */
  start(seq: Seq, reset: ResetReason | undefined, head: Seq = seq, fingerprint?: string): void {
    if (this.#closed) return;
    this.#cursor = seq;
    this.#fingerprint = fingerprint;
    this.#head = head;
    if (reset) this.#reset(reset);
    void this.#read();
  }

  /** An entry of this user was committed. */
  offer(seq: Seq, entry: SharedEntry): void {
    if (seq <= this.#cursor || this.#closed) return;
    if (seq > this.#heard) this.#heard = seq;
    if (this.#mode !== 'live') return;
    if (seq > this.#cursor + 1) this.#wait(seq, entry);
    else if (this.#sink.ready()) this.#writeOn(seq, entry);
    else this.readOn();
  }

  /** The inbox goes on up to `seq`, with voids: the store is read, which has them. */
  hear(seq: Seq): void {
    if (seq <= this.#cursor || this.#closed) return;
    if (seq > this.#heard) this.#heard = seq;
    this.readOn();
  }

  /** Writes the entry; with those that waited for it, which were committed before it: one cursor speaks for them. */
  #writeOn(seq: Seq, entry: SharedEntry): void {
    const entries: InboxEntry[] = [{ seq, event: entry.event }];
    for (let next = (seq + 1) as Seq; this.#ahead.has(next); next = (next + 1) as Seq) {
      entries.push({ seq: next, event: (this.#ahead.get(next) as SharedEntry).event });
      this.#ahead.delete(next);
    }
    if (entries.length === 1) this.#write(seq, entry);
    else if (!this.#writeSlices(entries, (slice) => ({ type: 'entries', entries: slice }))) this.readOn();
  }

  /** Goes back to the store: something was missed, or may have been. */
  readOn(): void {
    if (this.#mode !== 'live' || this.#closed) return;
    this.#ahead.clear();
    void this.#read();
  }

  /** The store may not have what is at the cursor any more: the sink rebuilds, and the feed goes on from the store's head. */
  startAgain(): void {
    if (this.#closed) return;
    this.#ahead.clear();
    this.#heard = 0;
    this.#startsAgain = true;
    if (this.#mode === 'live') void this.#read();
  }

  /** Ends the subscription with an error; the client may open another. */
  fail(error: unknown): void {
    this.close();
    this.#sink.fail(error);
  }

  close(): void {
    this.#closed = true;
    this.#waits?.abort();
    this.#ahead.clear();
  }

  #write(seq: Seq, entry: SharedEntry): void {
    this.#cursor = seq;
    this.#newest = entry;
    this.#sink.entry(seq, entry);
  }

  #wait(seq: number, entry: SharedEntry): void {
    if (this.#ahead.size >= this.#options.aheadLimit) {
      this.#gap(seq);
      return;
    }
    if (this.#ahead === NONE) this.#ahead = new Map();
    this.#ahead.set(seq, entry);
    if (this.#impatient) return;
    this.#impatient = true;
    const cursor = this.#cursor;
    void this.#options.clock.sleep(this.#options.gapPatienceMs, this.#untilClosed()).then(() => {
      this.#impatient = false;
      if (this.#mode !== 'live' || this.#cursor >= this.#heard) return;
      // The hole that was waited for is filled and another one is new: give that one its moment too.
      if (this.#cursor > cursor && this.#ahead.size > 0) {
        const [seen, waiting] = this.#ahead.entries().next().value as [number, SharedEntry];
        return this.#wait(seen, waiting);
      }
      this.#gap(this.#heard);
    });
  }

  #gap(seen: number): void {
    this.#options.events.emit('gap-found', { userId: this.userId, cursor: this.#cursor, seen, by: 'frame' });
    this.readOn();
  }

  #reset(reason: ResetReason): void {
    this.#resets += 1;
    this.#saidLive = false;
    this.#item({ type: 'reset', reason, cursor: this.#cursorText() });
    this.#options.events.emit('feed-reset', { userId: this.userId, reason });
  }

  async #read(): Promise<void> {
    let reset: ResetReason | undefined;
    const { clock, events, random, reader, page } = this.#options;
    this.#mode = 'reading';
    // Entries may be small or large: each page is twice the one before while the sink takes them, and half when it is full.
    let wanted = Math.min(page, TEXT_ENTRIES);
    let isFirst = this.#isNew;
    this.#isNew = false;
    for (let failures = 0; !this.#closed; ) {
      if (!this.#sink.ready()) {
        events.emit('slow-consumer', { userId: this.userId, bufferedBytes: this.#sink.bufferedBytes() });
        await this.#sink.drained(this.#untilClosed());
        continue;
      }
      try {
        if (this.#startsAgain) reset = 'ahead';
        this.#startsAgain = false;
        if (reset) {
          const { seq, fingerprint } = await reader.contiguousHead(this.userId);
          if (this.#closed) return;
          this.#cursor = seq;
          this.#fingerprint = fingerprint;
          this.#newest = undefined;
          this.#reset(reset);
          reset = undefined;
        }
        const heardBefore = this.#heard;
        const entries = await reader.after(this.userId, this.#cursor, wanted);
        failures = 0;
        if (this.#closed) return;
        if (isFirst && entries !== 'floor') this.#options.charge(this.userId, entries);
        isFirst = false;
        if (entries === 'floor') {
          reset = 'floor';
          continue;
        }
        const isWritten = this.#writePage(entries);
        // What was heard of during the read may be missing from its answer; what was heard of before would be in it.
        const isAnswered = this.#cursor >= this.#heard || (entries.length === 0 && this.#heard === heardBefore);
        // A page that may have ended by its bytes says nothing of what stands behind it.
        const isLast = entries.length === 0 || (entries.length < wanted && !reader.mayCut(wanted));
        if (isWritten && isLast && isAnswered && !this.#startsAgain) return this.#goLive();
        wanted = isWritten && this.#sink.ready() ? Math.min(page, wanted * 2) : Math.max(1, Math.floor(wanted / 2));
      } catch (error) {
        if (!(error instanceof UnavailableError)) return this.fail(error);
        const delayMs = backoff(failures, { baseMs: 50, capMs: 2_000, random });
        events.emit('retried', { what: 'feed', attempt: failures++, delayMs, error });
        await clock.sleep(delayMs, this.#untilClosed());
      }
    }
  }

  /** Whether the sink took all of them; those it did not take are read again later. */
  #writePage(entries: readonly InboxEntry[]): boolean {
    this.#saidLive &&= entries.length === 0;
    return this.#writeSlices(entries, (slice) => {
      return { type: 'entries', entries: slice, head: Math.max(this.#head, this.#heard, this.#cursor) as Seq };
    });
  }

  #writeSlices(entries: readonly InboxEntry[], itemOf: (slice: readonly InboxEntry[]) => FeedItem): boolean {
    for (let start = 0; start < entries.length; start += TEXT_ENTRIES) {
      if (start > 0 && !this.#sink.ready()) return false;
      const end = start + TEXT_ENTRIES;
      const slice = entries.slice(start, end);
      this.#fingerprint = fingerprintAt(entries.slice(0, end), this.#known());
      this.#newest = undefined;
      this.#cursor = (slice.at(-1) as InboxEntry).seq;
      this.#item(itemOf(slice));
    }
    return true;
  }

  #goLive(): void {
    this.#mode = 'live';
    if (this.#saidLive) return;
    this.#saidLive = true;
    this.#item({ type: 'live', cursor: this.#cursorText() });
  }

  /** What is read from the store, and notices. Live entries never come first: a feed begins by reading. */
  #item(item: FeedItem): void {
    const { userId } = this;
    const { limits } = this.#options;
    const first = this.#hasBegun ? item : { ...item, feed: { userId, wire: WIRE_VERSION, limits } };
    this.#hasBegun = true;
    this.#sink.item(first, this.#cursorText());
  }

  /** Call it while open: aborts when the feed closes. */
  #untilClosed(): AbortSignal {
    this.#waits ??= new AbortController();
    return this.#waits.signal;
  }

  /** The fingerprint of the cursor: of a live entry it is made when it is asked for. */
  #known(): string | undefined {
    if (this.#newest) this.#fingerprint = fingerprintOf(this.#newest.event);
    this.#newest = undefined;
    return this.#fingerprint;
  }

  #cursorText(): Cursor {
    return formatCursor(this.#options.reader.epoch, this.#cursor, this.#known());
  }
}

/** Where a feed writes. Writing never waits: what has been written may queue in the sink until it is no longer `ready`. */
export interface FeedSink {
  readonly transport: FeedTransport;
  item(item: FeedItem, cursor: Cursor): void;
  /** One live entry; the same object for every recipient on this node. */
  entry(seq: Seq, entry: SharedEntry): void;
  ready(): boolean;
  bufferedBytes(): number;
  /** Resolves when `ready` is worth asking again, or `signal` aborts. */
  drained(signal: AbortSignal): Promise<void>;
  /** Ends the subscription with an error. */
  fail(error: unknown): void;
}

export interface FeedOptions {
  readonly reader: InboxReader;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: ServerEventBus;
  /** Told at the beginning of each feed. */
  readonly limits: FeedInfo['limits'];
  /** Takes the first page of a feed from its user's rate: what comes after it goes at the pace of whoever reads it. */
  readonly charge: (userId: UserId, entries: readonly InboxEntry[]) => void;
  /** Entries per page of catch-up, at most. */
  readonly page: number;
  /** ms to wait for an entry that was overtaken, before the store is read. */
  readonly gapPatienceMs: number;
  /** Overtaking entries kept meanwhile. */
  readonly aheadLimit: number;
}
