import { backoff, systemClock } from '@tidemark/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { endsWithin } from '../../../test/support/patience.ts';

describe('back-off', () => {
  const settings = fc.record({
    base: fc.double({ min: 1, max: 10_000, noNaN: true }),
    factor: fc.double({ min: 1, max: 1_000, noNaN: true }),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  });

  test('stays between a quarter of its ceiling and the cap, however many attempts were made', () => {
    fc.assert(
      fc.property(settings, fc.maxSafeNat(), ({ base, factor, random }, attempt) => {
        const cap = base * factor;
        const ceiling = Math.min(cap, base * 2 ** Math.min(attempt, 30));
        const delay = backoff(attempt, { baseMs: base, capMs: cap, random: () => random });
        expect(delay).toBeGreaterThanOrEqual(ceiling / 4);
        expect(delay).toBeLessThanOrEqual(ceiling);
        expect(delay).toBeLessThanOrEqual(cap);
      }),
    );
  });

  test('doubles until the cap, and never comes down again', () => {
    const delays = [0, 1, 2, 3, 4, 31, 32, 64, 1_024, 1e9].map((attempt) =>
      backoff(attempt, { baseMs: 100, capMs: 1_000, random: () => 0 }),
    );
    expect(delays).toEqual([25, 50, 100, 200, 250, 250, 250, 250, 250, 250]);
  });

  test('differs between callers', () => {
    const delay = (random: number) => backoff(3, { baseMs: 100, capMs: 10_000, random: () => random });
    expect([delay(0), delay(0.5)]).toEqual([200, 500]);
  });
});

describe('the clock of the system', () => {
  test('sleeps at least as long as asked', async () => {
    const before = systemClock.monotonic();
    await systemClock.sleep(15);
    // Timers count in whole milliseconds, and may fire a fraction early.
    expect(systemClock.monotonic() - before).toBeGreaterThanOrEqual(14);
  });

  test('wakes at once when told to, before or while sleeping, and does not reject', async () => {
    await endsWithin(1_000, systemClock.sleep(60_000, AbortSignal.abort()));
    const controller = new AbortController();
    const sleeping = systemClock.sleep(60_000, controller.signal);
    controller.abort();
    await endsWithin(1_000, sleeping);
  });
});
