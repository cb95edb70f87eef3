import type { Clock } from '@tidemark/core';

/** ms after which the barrier opens without the batches that are still in work: their store, or their conversations, may be slow. */
const TIMEOUT_MS = 50;
/** The reason of the abort: without one, each abort would make an error with its stack. */
const OPENED = 'the barrier has opened';

/**
 * The barrier between the batches of a process: a partition starts its next batch when all have finished theirs, at most 50 ms
 * later. All then call Redis and the store in one turn of the event loop, and calls of one turn are batched. Under little load the
 * barrier costs nothing; under much it makes few large calls of many small ones, where eight partitions would each make their own
 * for an eighth of the messages. Part of stage 3.
 *
 * Keeps   P7 a slow batch does not hold up other partitions
 * Proved  test/transfer/batch-barrier.test.ts
 */
export class BatchBarrier {
  readonly #clock: Clock;
  /** Batches that the barrier waits for. */
  readonly #running = new Set<() => Promise<unknown>>();
  #waiting: (() => void)[] = [];
  #timeout: AbortController | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves for all who wait, at the end of the turn in which the last batch has finished, or after TIMEOUT_MS. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.push(resolve) > 1) return;
      if (this.#running.size === 0) this.#open();
      else void this.#openInTime();
    });
  }

  /** Runs a batch; the barrier stays closed until it has finished. */
  async run<T>(batch: () => Promise<T>): Promise<T> {
    this.#running.add(batch);
    try {
      return await batch();
    } finally {
      this.#running.delete(batch);
      if (this.#running.size === 0 && this.#waiting.length > 0) this.#open();
    }
  }

  async #openInTime(): Promise<void> {
    const timeout = new AbortController();
    this.#timeout = timeout;
    await this.#clock.sleep(TIMEOUT_MS, timeout.signal);
    if (timeout.signal.aborted) return;
    this.#running.clear();
    this.#open();
  }

  /** A partition whose batch finishes in this turn goes through as well. */
  #open(): void {
    this.#timeout?.abort(OPENED);
    this.#timeout = undefined;
    setImmediate(() => {
      for (const go of this.#waiting.splice(0)) go();
    });
  }
}
