import { type Clock, shortened } from '@tidemark/core';
import type { Health } from '../health.ts';
import { inTime } from '../in-time.ts';
import type { ServerEventBus } from '../server-events.ts';
import { textOf } from '../text-of.ts';

/** ms after which a probe without an answer counts as failed. */
const PROBE_TIMEOUT = 10_000;
/** ms between two probes of a store that is known to be ill, when nobody else asks. */
const AGAIN = 2_000;
const CAUSE = 'store';

/**
 * Decides whether the store or a command is at fault. No list of errors can, so the store is probed: a probe does what a commit does
 * and rolls it back (`Storage.probe`). While probes fail, every failure counts as the store's. Part of stage 3; all partitions of
 * the process share one.
 *
 * Keeps   P7 nothing is parked because of the store
 * Proved  test/transfer/store-health.test.ts, test/fault/store-ill.postgres.test.ts
 */
export class StoreHealth {
  readonly #options: StoreHealthOptions;
  readonly #closing = new AbortController();
  #running: Promise<Illness | undefined> | undefined;
  #next: Promise<Illness | undefined> | undefined;
  /** Monotonic ms since when probes fail. */
  #illSince: number | undefined;
  #watching: Promise<void> | undefined;
  /** Reasons that were reported since the store was well last. */
  readonly #reported = new Set<string>();
  #committed = 0;
  #failed = 0;

  constructor(options: StoreHealthOptions) {
    this.#options = options;
  }

  /** A batch of commands that nobody suspects was committed, by any partition of this process. */
  committed(): void {
    this.#committed += 1;
  }

  /** One could not be carried out. */
  failed(): void {
    this.#failed += 1;
  }

  /** How it has gone so far; see `wentWellSince`. */
  get mark(): StoreMark {
    return { committed: this.#committed, failed: this.#failed };
  }

  /** False when since then every batch failed that was tried; where none was tried, nothing speaks against the store. */
  wentWellSince(mark: StoreMark): boolean {
    return this.#committed > mark.committed || this.#failed === mark.failed;
  }

  /** Probes the store. Resolves with what is wrong, or undefined: it was well at a moment after this call. */
  check(): Promise<Illness | undefined> {
    const probe = async (): Promise<Illness | undefined> => {
      await this.#running;
      this.#running = this.#next;
      this.#next = undefined;
      return this.#probe();
    };
    // One that is under way may have begun before what the caller saw.
    this.#next ??= probe();
    return this.#next;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#watching;
  }

  async #probe(): Promise<Illness | undefined> {
    const { clock, probe } = this.#options;
    try {
      await inTime(clock, PROBE_TIMEOUT, probe(), () => new Error(`no answer for ${PROBE_TIMEOUT} ms`));
      this.#isWell();
      return undefined;
    } catch (error) {
      this.#isIll(error);
      return { error };
    }
  }

  #isIll(error: unknown): void {
    const { clock, events, health } = this.#options;
    this.#illSince ??= clock.monotonic();
    const reason = `the store refuses what every commit needs: ${shortened(textOf(error))}`;
    health.trouble(CAUSE, reason);
    if (!this.#reported.has(reason)) {
      this.#reported.add(reason);
      events.emit('store-failed', { reason, error });
    }
    this.#watching ??= this.#watch().finally(() => {
      this.#watching = undefined;
    });
  }

  #isWell(): void {
    const { clock, events, health } = this.#options;
    if (this.#illSince === undefined) return;
    const ms = clock.monotonic() - this.#illSince;
    this.#illSince = undefined;
    this.#reported.clear();
    health.well(CAUSE);
    events.emit('store-recovered', { ms });
  }

  /** So that it is known when the store is well again, whether or not anybody has something to commit. */
  async #watch(): Promise<void> {
    const { signal } = this.#closing;
    while (this.#illSince !== undefined && !signal.aborted) {
      await this.#options.clock.sleep(AGAIN, signal);
      if (!signal.aborted && this.#illSince !== undefined) await this.check();
    }
  }
}

export interface StoreHealthOptions {
  /** Rejects where nothing could be committed. */
  readonly probe: () => Promise<void>;
  readonly health: Health;
  readonly events: ServerEventBus;
  readonly clock: Clock;
}

/** Why the store, or what stands beside it, is not well. */
export interface Illness {
  readonly error: unknown;
}

/** A moment in what the process did with the store. */
export interface StoreMark {
  readonly committed: number;
  readonly failed: number;
}
