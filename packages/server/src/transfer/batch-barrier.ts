import type { Clock } from '@tidemark/core';

/** ms after which a batch no longer holds up the other partitions: its store, or its conversations, may be slow. */
const PATIENCE = 50;
/** A reason at hand: without one, an error with its stack would be made for each round. */
const BEGUN = 'the round has begun';

/**
 * Lets the partitions of a process go in step: who has carried out a batch begins the next one when the others have carried
 * out theirs. What they then ask of Redis and of the store they ask in one turn of the event loop, and it goes together. To
 * be in step costs nothing while little is to do, and under load it makes few large calls of many small ones; without it,
 * eight partitions would each make their own, for an eighth of the messages. Part of stage 3.
 *
 * Keeps   P7 a batch that takes long is left behind
 * Proved  test/transfer/batch-barrier.test.ts
 */
export class Rounds {
  readonly #clock: Clock;
  /** Batches in work that were not left behind. */
  readonly #working = new Set<() => Promise<unknown>>();
  #waiting: (() => void)[] = [];
  #patience: AbortController | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves for all who wait: when no batch is in work, at the end of that turn, or after PATIENCE. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.push(resolve) > 1) return;
      if (this.#working.size === 0) this.#begin();
      else void this.#runOut();
    });
  }

  /** Carries out a batch, whose end those wait for who are to begin the next round. */
  async work<T>(batch: () => Promise<T>): Promise<T> {
    this.#working.add(batch);
    try {
      return await batch();
    } finally {
      this.#working.delete(batch);
      if (this.#working.size === 0 && this.#waiting.length > 0) this.#begin();
    }
  }

  async #runOut(): Promise<void> {
    const patience = new AbortController();
    this.#patience = patience;
    await this.#clock.sleep(PATIENCE, patience.signal);
    if (patience.signal.aborted) return;
    this.#working.clear();
    this.#begin();
  }

  /** Who ends their batch in the same turn comes along. */
  #begin(): void {
    this.#patience?.abort(BEGUN);
    this.#patience = undefined;
    setImmediate(() => {
      for (const go of this.#waiting.splice(0)) go();
    });
  }
}
