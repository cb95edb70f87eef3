import type { Clock } from '@tidemark/core';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** A clock that a test moves by hand; the network beside it runs in real time. */
export class ManualClock implements Clock {
  readonly #sleepers = new Set<Sleeper>();
  #time = 1_700_000_000_000;

  now(): number {
    return this.#time;
  }

  monotonic(): number {
    return this.#time;
  }

  /** How long each of the sleeps under way still lasts, in ms, shortest first. */
  get sleeping(): number[] {
    return [...this.#sleepers].map(({ at }) => at - this.#time).sort((a, b) => a - b);
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

  /** Time passes and whoever is due wakes. */
  advance(ms: number): void {
    this.#time += ms;
    for (const sleeper of [...this.#sleepers]) if (sleeper.at <= this.#time) sleeper.wake();
  }
}
