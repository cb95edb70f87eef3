import type { WakeSignal } from '../abort-signal.ts';
import type { ClientEmitter, Retried } from '../client-events.ts';
import { type RetryTiming, waitToRetry } from '../retry.ts';

/**
 * Work that has to get done for each key sooner or later: one run per key at a time, at most `limit` at once, repeated with
 * back-off until it succeeds. A key added while it runs is run once more.
 */
export interface KeyedTasks<K> {
  add(key: K): void;
}

export function createKeyedTasks<K>(
  options: {
    readonly what: Retried;
    readonly limit: number;
    readonly timing: RetryTiming;
    readonly events: ClientEmitter;
    readonly closing: AbortSignal;
    /** Waiting tasks are tried at once: the connection is back, or all is over. */
    readonly woken: WakeSignal;
  },
  run: (key: K) => Promise<void>,
): KeyedTasks<K> {
  const { what, limit, timing, events, closing, woken } = options;
  const queued = new Set<K>();
  const running = new Set<K>();

  async function work(key: K): Promise<void> {
    for (let attempt = 0; !closing.aborted; attempt += 1) {
      queued.delete(key);
      try {
        return await run(key);
      } catch (error) {
        if (!closing.aborted) await waitToRetry({ what, attempt, error }, timing, events, woken.signal);
      }
    }
  }

  function pump(): void {
    for (const key of queued) {
      if (running.size >= limit || closing.aborted) return;
      if (running.has(key)) continue;
      running.add(key);
      void work(key).finally(() => {
        running.delete(key);
        pump();
      });
    }
  }

  return {
    add: (key) => {
      queued.add(key);
      pump();
    },
  };
}
