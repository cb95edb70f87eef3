import { parseUserId, TidemarkError, type UserId } from '@tidemark/core';
import { expect, test } from 'vitest';
import { RateLimit } from '../../src/router/rate-limit.ts';
import { ServerEventBus } from '../../src/server-events.ts';
import { alice, bob } from '../support/commands.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { recorded } from '../support/recorded.ts';

function openRate(perSecond = 10, burst = 5) {
  const clock = new ManualClock();
  const events = new ServerEventBus();
  const rate = new RateLimit({ clock, events, perSecond, burst });
  /** How many of `calls` are let through. */
  const passed = (userId: UserId, calls: number) => {
    let count = 0;
    for (let call = 0; call < calls; call++) {
      try {
        rate.take(userId);
        count += 1;
      } catch (error) {
        if (!(error instanceof TidemarkError)) throw error;
        expect(error).toMatchObject({ code: 'rate_limited', policy: 'retry' });
      }
    }
    return count;
  };
  return { clock, events, rate, passed };
}

test('a burst is let through at once, and what exceeds it is refused, naming both limits', () => {
  const { rate, passed, events } = openRate();
  const limited = recorded(events, 'rate-limited');
  expect(passed(alice, 5)).toBe(5);
  expect(() => rate.take(alice)).toThrow('rate_limited: at most 10 calls per second, 5 at once');
  expect(limited).toEqual([{ userId: alice }]);
});

test('afterwards as many pass as the rate allows, also for who never stops asking', async () => {
  const { clock, passed } = openRate();
  passed(alice, 5);
  let calls = 0;
  for (let ms = 0; ms < 2_000; ms += 10) {
    await clock.advance(10);
    calls += passed(alice, 3);
  }
  expect(calls).toBeGreaterThanOrEqual(19);
  expect(calls).toBeLessThanOrEqual(20);
});

test('a rest fills the burst again, and no more than that', async () => {
  const { clock, passed } = openRate();
  passed(alice, 5);
  await clock.advance(60_000);
  expect(passed(alice, 100)).toBe(5);
});

test('users are counted apart', () => {
  const { passed } = openRate();
  expect(passed(alice, 9)).toBe(5);
  expect(passed(bob, 9)).toBe(5);
});

test('memory is bounded: of very many users the longest silent is forgotten, who calls often is not', () => {
  const { passed } = openRate();
  passed(alice, 9);
  passed(bob, 9);
  for (let n = 0; n < 19_999; n++) {
    passed(parseUserId(`user-${n}`), 1);
    if (n % 1_000 === 0) expect(passed(alice, 1)).toBe(0);
  }
  expect(passed(alice, 1)).toBe(0);
  expect(passed(bob, 9)).toBe(5);
});
