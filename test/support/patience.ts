import { setTimeout as sleep } from 'node:timers/promises';

/**
 * How long a test waits for anything, in ms. One number for all of them: a wait ends as soon as its condition holds, so
 * patience costs time only when something is broken, and a slow or busy machine needs more of it than one would guess.
 */
export const PATIENCE_MS = 120_000;

/**
 * What a test or hook may take in all, in ms: far above the patience, so that what was waited for is named first. The long
 * simulations wait for nothing but themselves: a day says that one hangs.
 */
export const TEST_LIMIT_MS = process.env.TIDEMARK_LONG ? 24 * 3_600_000 : 5 * PATIENCE_MS;

/** Polls until `condition` gives something truthy; says what it waited for when it never does. */
export async function eventually<T>(
  what: string,
  condition: () => T | Promise<T>,
): Promise<Exclude<T, false | null | undefined>> {
  for (const deadline = performance.now() + PATIENCE_MS; ; await sleep(5)) {
    const value = await condition();
    if (value) return value as Exclude<T, false | null | undefined>;
    if (performance.now() > deadline) throw new Error(`waited ${PATIENCE_MS} ms in vain for: ${what}`);
  }
}

/**
 * Watches for `ms` that a condition does not come true. What must never happen can only be watched for a while: pass a
 * time in which it would happen on an idle machine. A busy machine makes the watch weaker, and never makes it fail.
 */
export async function never(what: string, condition: () => unknown, ms: number): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end; await sleep(5)) {
    if (await condition()) throw new Error(`happened, and must not: ${what}`);
  }
}

/** How long a turn of the event loop lasts at least, as `endsWithin` counts them. */
const TURN_MS = 20;

/**
 * Gives what `work` gives, and rejects when it takes longer than `ms` on an idle machine. It counts turns of this process's
 * event loop and not the time that passes, so that a machine that gives the process no time does not make it fail: use it
 * for work that this process ends by itself, with its own timers and sockets.
 */
export async function endsWithin<T>(ms: number, work: Promise<T>): Promise<T> {
  let ended = false;
  const end = (): void => {
    ended = true;
  };
  work.then(end, end);
  for (let turns = 0; !ended && turns < ms / TURN_MS; turns += 1) await sleep(TURN_MS);
  if (!ended) throw new Error(`it takes longer than ${ms} ms`);
  return work;
}
