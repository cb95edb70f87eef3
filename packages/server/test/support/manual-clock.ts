import type { Clock } from '@tidemark/core';

/** 2023-11-14, in milliseconds since 1970: what a {@link ManualClock} shows at first. */
const STARTED_AT = 1_700_000_000_000;

/** Resolves when everything that waits for nothing but promises has run: the memory twins never wait for more. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A clock that a test moves by hand. Wall time and monotonic time move together; sleepers wake in order. */
export class ManualClock implements Clock {
  readonly #sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  #time = 0;

  /** A whole number, as Date.now() gives. */
  now(): number {
    return STARTED_AT + Math.floor(this.#time);
  }

  monotonic(): number {
    return this.#time;
  }

  /** Sleeps that have not ended: timers that would be running. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper = { at: this.#time + ms, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  /** Lets `ms` pass, waking whoever is due on the way and letting them run. */
  async advance(ms: number): Promise<void> {
    const until = this.#time + ms;
    await settled();
    for (let next = this.#next(); next && next.at <= until; next = this.#next()) {
      this.#time = Math.max(this.#time, next.at);
      next.wake();
      // What begins at the end of a turn has its own after that.
      await settled();
      await settled();
    }
    this.#time = until;
  }

  /** Lets as much time pass as `work` waits for, and gives what it gives. */
  async finish<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const end = (): void => {
      done = true;
    };
    work.then(end, end);
    for (let steps = 0, idle = 0; steps < 10_000 && idle < 1_000; steps++) {
      await settled();
      if (done) return work;
      const next = this.#next();
      // What runs on another clock has its turns too.
      idle = next ? 0 : idle + 1;
      if (next) await this.advance(next.at - this.#time);
    }
    throw new Error('what was to finish waits for something other than this clock');
  }

  #next(): { readonly at: number; readonly wake: () => void } | undefined {
    let earliest: { readonly at: number; readonly wake: () => void } | undefined;
    for (const sleeper of this.#sleepers) if (!earliest || sleeper.at < earliest.at) earliest = sleeper;
    return earliest;
  }
}
