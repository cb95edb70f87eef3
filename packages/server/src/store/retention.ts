import type { Clock, InboxStore, RefusalStore } from '@tidemark/core';
import { mostAhead } from '../checked-clock.ts';
import type { ServerEventBus } from '../server-events.ts';

/** A pass comes this often within one retention, but no more often than each minute. */
const PASSES = 400;
const MINUTE = 60_000;
const BATCH = 1_000;
/** Batches per pass, so that a large backlog is worked off over several passes. */
const BATCHES = 100;

/**
 * Removes inbox rows and refusals past their retention in small batches, so that no transaction is long. Stores that expire rows by
 * themselves have nothing to do. Runs on workers; several at once do no harm. Part of stage 5.
 *
 * Keeps   P9: the store's floor moves, and cursors below it get a reset
 * Proved  the storage conformance suite, test/store/retention.test.ts
 */
export class Retention {
  readonly #inbox: InboxStore;
  readonly #refusals: RefusalStore;
  readonly #clock: Clock;
  readonly #events: ServerEventBus;
  readonly #retentionMs: number;
  readonly #refusalRetentionMs: number;
  readonly #maxClockSkewMs: number;
  readonly #closing = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: {
    inbox: InboxStore;
    refusals: RefusalStore;
    clock: Clock;
    events: ServerEventBus;
    retentionMs: number;
    refusalRetentionMs: number;
    maxClockSkewMs: number;
  }) {
    this.#inbox = options.inbox;
    this.#refusals = options.refusals;
    this.#clock = options.clock;
    this.#events = options.events;
    this.#retentionMs = options.retentionMs;
    this.#refusalRetentionMs = options.refusalRetentionMs;
    this.#maxClockSkewMs = options.maxClockSkewMs;
  }

  start(): void {
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  /** One pass. Returns how many inbox rows were removed. */
  async pass(): Promise<number> {
    const now = this.#clock.now();
    const plausible = now + mostAhead(this.#maxClockSkewMs);
    const rows = await this.#inBatches(() => this.#inbox.purge(now - this.#retentionMs, BATCH, plausible));
    if (rows > 0) this.#events.emit('purged', { rows });
    await this.#inBatches(() => this.#refusals.purgeRefusals(now - this.#refusalRetentionMs, BATCH));
    return rows;
  }

  async #inBatches(purge: () => Promise<number>): Promise<number> {
    let rows = 0;
    for (let batch = 0; batch < BATCHES && !this.#closing.signal.aborted; batch++) {
      const removed = await purge();
      rows += removed;
      if (removed < BATCH) break;
    }
    return rows;
  }

  async #run(): Promise<void> {
    const every = Math.min(Math.max(this.#retentionMs / PASSES, MINUTE), 2 ** 31 - 1);
    for (let attempt = 0; !this.#closing.signal.aborted; ) {
      await this.#clock.sleep(every, this.#closing.signal);
      if (this.#closing.signal.aborted) return;
      try {
        await this.pass();
        attempt = 0;
      } catch (error) {
        this.#events.emit('retried', { what: 'purge', attempt: attempt++, delayMs: every, error });
      }
    }
  }
}
