import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Resolves when `condition` gives something truthy, with what it gave; asks every 5 ms of real time.
 *
 * @param timeoutMs default 30,000; it costs time only when something is broken
 * @throws Error naming the condition when the time is over
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  timeoutMs = 30_000,
): Promise<Exclude<T, false | null | undefined>> {
  for (const end = performance.now() + timeoutMs; ; await sleep(5)) {
    const value = await condition();
    if (value) return value as Exclude<T, false | null | undefined>;
    if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms in vain for: ${condition.toString()}`);
  }
}
