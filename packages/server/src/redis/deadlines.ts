import { UnavailableError } from '@tidemark/core';

const TICK_MS = 250;

/**
 * Bounds the wait for answers of Redis. One coarse timer looks at all waiting calls, so that a call costs no timer of its
 * own; it runs only while calls wait, and does not keep the process alive.
 */
export class Deadlines {
  readonly #waiting = new Set<{ readonly expires: number; readonly expire: (why: string) => void }>();
  #timer: NodeJS.Timeout | undefined;

  /** Settles as `answer` does, or rejects with UnavailableError after `ms` (up to a quarter of a second later). */
  within<T>(ms: number, what: string, answer: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const waiting = {
        expires: performance.now() + ms,
        expire: (why: string): void => reject(new UnavailableError(`Redis is not available for ${what}: ${why}`)),
      };
      this.#waiting.add(waiting);
      this.#timer ??= setInterval(() => this.#look(), TICK_MS).unref();
      answer.then(
        (value) => {
          this.#waiting.delete(waiting);
          resolve(value);
        },
        (error) => {
          this.#waiting.delete(waiting);
          reject(error);
        },
      );
    });
  }

  /** Rejects what still waits. */
  close(): void {
    for (const waiting of this.#waiting) waiting.expire('the backplane was closed');
    this.#waiting.clear();
    this.#look();
  }

  #look(): void {
    const now = performance.now();
    for (const waiting of this.#waiting) {
      if (waiting.expires > now) continue;
      this.#waiting.delete(waiting);
      waiting.expire('no answer in time');
    }
    if (this.#waiting.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
