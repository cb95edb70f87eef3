import { DEFAULT_LIMITS, parseUserId, TidemarkError, type UserId } from '@tidemark/core';
import { describe, expect, test } from 'vitest';
import { RateLimit } from '../../src/router/rate-limit.ts';
import { ServerEventBus } from '../../src/server-events.ts';
import { alice, bob } from '../support/commands.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { recorded } from '../support/recorded.ts';

function openRate(limits: Partial<typeof DEFAULT_LIMITS> = {}) {
  const clock = new ManualClock();
  const events = new ServerEventBus();
  const rate = new RateLimit({
    clock,
    events,
    limits: { ...DEFAULT_LIMITS, callsPerSecond: 10, callBurst: 5, ...limits },
  });
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
  expect(() => rate.take(alice)).toThrow(
    'rate_limited: at most 10 calls per second (limits.callsPerSecond), 5 at once (limits.callBurst)',
  );
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

describe('what a call uses beyond itself', () => {
  test('is taken as further calls: recipients and bytes by their weights, small ones for nothing', () => {
    const { rate, passed } = openRate({ recipientsPerToken: 50, bytesPerToken: 1_000 });
    rate.spend(alice, { recipients: 49, bytes: 999 });
    expect(passed(alice, 9)).toBe(5);
    rate.spend(bob, { recipients: 120, bytes: 1_500 });
    expect(passed(bob, 9)).toBe(2);
  });

  test('may put a user into debt, who is refused until the rate has paid it', async () => {
    const { clock, rate, passed } = openRate({ bytesPerToken: 1_000, frameBytes: 2_000 });
    rate.charge(alice, { bytes: 25_000 });
    expect(() => rate.requireCredit(alice)).toThrow('rate_limited');
    expect(() => rate.spend(alice, { recipients: 1 })).toThrow('rate_limited');
    await clock.advance(1_900);
    expect(passed(alice, 9)).toBe(0);
    await clock.advance(300);
    expect(passed(alice, 9)).toBe(2);
    // What a call has taken for its own bytes does not keep it from what it is for.
    rate.charge(bob, { bytes: 7_000 });
    rate.spend(bob, { recipients: 1 });
    rate.charge(bob, { bytes: 1_000 });
    expect(() => rate.spend(bob, { recipients: 1 })).toThrow('rate_limited');
  });

  test('lets an ordinary person in a group of 500 send several messages a second, and a burst before', async () => {
    const { clock, rate } = openRate({ callsPerSecond: 50, callBurst: 200 });
    const send = () => {
      rate.take(alice);
      rate.spend(alice, { recipients: 500, bytes: 300 });
    };
    for (let n = 0; n < 15; n++) send();
    for (let second = 0; second < 60; second++) {
      await clock.advance(1_000);
      for (let n = 0; n < 4; n++) send();
    }
  });

  test('bounds what one user can cause: two seconds of messages to 500 reach fewer than 15,000 inboxes', async () => {
    const { clock, rate } = openRate({ callsPerSecond: 50, callBurst: 200 });
    let rows = 0;
    for (let ms = 0; ms < 2_000; ms += 5) {
      await clock.advance(5);
      try {
        rate.take(alice);
        rate.spend(alice, { recipients: 500 });
        rows += 500;
      } catch {
        // As it should be.
      }
    }
    expect(rows).toBeGreaterThan(5_000);
    expect(rows).toBeLessThan(15_000);
  });
});
