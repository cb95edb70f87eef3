import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves with what `check` gives once that is neither undefined nor false; fails when it takes longer than `ms`. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined | false> | T | undefined | false,
  ms = 10_000,
): Promise<T> {
  for (const end = performance.now() + ms; ; await sleep(5)) {
    const result = await check();
    if (result !== undefined && result !== false) return result;
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
  }
}
