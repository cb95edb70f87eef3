import { createWakeSignal, onAbort } from '../abort-signal.ts';
import type { ClientEmitter, Retried } from '../client-events.ts';
import { type RetryTiming, waitToRetry } from '../retry.ts';

/**
 * Work that has to get done for each key sooner or later: one run per key at a time, at most `limit` at once, repeated with
 * back-off until it succeeds. A key added while it runs is run once more.
 */
export interface KeyedTasks<K> {
  add(key: K): void;
  /** Waiting tasks are tried at once: the connection is back. */
  wake(): void;
}

export function createKeyedTasks<K>(
  options: {
    readonly what: Retried;
    readonly limit: number;
    readonly timing: RetryTiming;
    readonly events: ClientEmitter;
    readonly closing: AbortSignal;
  },
  run: (key: K) => Promise<void>,
): KeyedTasks<K> {
  const { what, limit, timing, events, closing } = options;
  const queued = new Set<K>();
  const running = new Set<K>();
  const again = new Set<K>();
  const woken = createWakeSignal();
  onAbort(closing, woken.wake);

  async function work(key: K): Promise<void> {
    for (let attempt = 0; !closing.aborted; ) {
      again.delete(key);
      try {
        await run(key);
        if (!again.has(key)) return;
        attempt = 0;
      } catch (error) {
        if (closing.aborted) return;
        await waitToRetry({ what, attempt, error }, timing, events, woken.signal);
        attempt += 1;
      }
    }
  }

  function pump(): void {
    for (const key of queued) {
      if (running.size >= limit || closing.aborted) return;
      queued.delete(key);
      running.add(key);
      void work(key).finally(() => {
        running.delete(key);
        pump();
      });
    }
  }

  return {
    add: (key) => {
      if (running.has(key)) again.add(key);
      else queued.add(key);
      pump();
    },
    wake: woken.wake,
  };
}
