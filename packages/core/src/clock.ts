/**
 * The only source of time. Stages take a Clock so that tests and simulations decide what time it is.
 */
export interface Clock {
  /** Wall time in milliseconds since 1970. May jump; used for what people read (`at`) and for retention. */
  now(): number;
  /** Milliseconds that never go back. Used for waits, leases and latencies. */
  monotonic(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const timer = setTimeout(done, ms);
      function done(): void {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      }
      signal?.addEventListener('abort', done, { once: true });
    }),
};

/** A number in [0, 1). Handed in so that jitter and ids can be seeded. */
export type Random = () => number;

/**
 * Exponential back-off with full jitter and a cap: attempt 0 waits up to `baseMs`, each next up to twice as long.
 * The exponent is bounded, so the delay never wraps however many attempts were made.
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 (the "full jitter" variant, with a floor of a
 * quarter so that a retry is never immediate).
 */
export function backoff(attempt: number, options: { baseMs: number; capMs: number; random: Random }): number {
  const ceiling = Math.min(options.capMs, options.baseMs * 2 ** Math.min(attempt, 30));
  return ceiling * (0.25 + 0.75 * options.random());
}
