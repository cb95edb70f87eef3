import { setImmediate } from 'node:timers';
import type { Clock } from '@tidemark/core';

/** 2023-11-14, in milliseconds since 1970: what a {@link ManualClock} shows at first. */
const STARTED_AT = 1_700_000_000_000;

/** Resolves when everything that waits for promises alone has run. */
export function flushPromises(): Promise<void> {
  // Imported: jsdom has none, and fake timers replace the global one.
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * A clock that a test moves by hand: `createClient({ clock })`, `createConnection({ clock })`, `createMessaging({ clock })`. Wall time
 * and monotonic time move together, and sleepers wake in order. Sockets and databases beside it run in real time.
 */
export class ManualClock implements Clock {
  readonly #sleepers = new Set<Sleeper>();
  #time = 0;

  /** Milliseconds since 1970, whole, as Date.now() gives; 2023-11-14 at first. */
  now(): number {
    return STARTED_AT + Math.floor(this.#time);
  }

  monotonic(): number {
    return this.#time;
  }

  /** Number of sleeps that have not ended: timers that would be running. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** How long each of these sleeps still lasts, in ms, shortest first. */
  get pendingMs(): number[] {
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

  /** Lets `ms` pass: wakes each sleeper at its time, and lets it run before the next one wakes. */
  async advance(ms: number): Promise<void> {
    const until = this.#time + ms;
    await flushPromises();
    for (let next = this.#next(); next && next.at <= until; next = this.#next()) {
      this.#time = Math.max(this.#time, next.at);
      next.wake();
      // What begins at the end of a turn has its own after that.
      await flushPromises();
      await flushPromises();
    }
    this.#time = until;
  }

  /** Moves on by `ms` at once, as when a device slept: whoever was due meanwhile wakes late, all in the same turn. */
  jump(ms: number): void {
    this.#time += ms;
    for (const sleeper of [...this.#sleepers]) if (sleeper.at <= this.#time) sleeper.wake();
  }

  /**
   * Lets as much time pass as `work` waits for.
   *
   * @returns what `work` gives
   * @throws Error when `work` waits for something other than this clock
   */
  async finish<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const end = (): void => {
      done = true;
    };
    work.then(end, end);
    for (let steps = 0, idle = 0; steps < 10_000 && idle < 1_000; steps++) {
      await flushPromises();
      if (done) return work;
      const next = this.#next();
      // What runs on another clock has its turns too.
      idle = next ? 0 : idle + 1;
      if (next) await this.advance(next.at - this.#time);
    }
    throw new Error('what was to finish waits for something other than this clock');
  }

  #next(): Sleeper | undefined {
    let earliest: Sleeper | undefined;
    for (const sleeper of this.#sleepers) if (!earliest || sleeper.at < earliest.at) earliest = sleeper;
    return earliest;
  }
}

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}
