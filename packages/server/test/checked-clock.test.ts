import { UnavailableError } from '@tidemark/core';
import { expect, test } from 'vitest';
import { CheckedClock, type WallTime } from '../src/checked-clock.ts';
import { Health } from '../src/health.ts';
import { ServerEventBus } from '../src/server-events.ts';
import { ManualClock } from './support/manual-clock.ts';
import { recorded } from './support/recorded.ts';

const MAX = 300_000;
const HOUR = 3_600_000;

/** A clock that can be moved beside its monotonic time, and others that show the true time unless they are off. */
function scene(...offsets: number[]) {
  const time = new ManualClock();
  const own = {
    offset: 0,
    now: () => time.now() + own.offset,
    monotonic: () => time.monotonic(),
    sleep: (ms: number, signal?: AbortSignal) => time.sleep(ms, signal),
  };
  const events = new ServerEventBus();
  const health = new Health(events);
  health.opened();
  const clock = new CheckedClock({ clock: own, maxClockSkewMs: MAX, events, health });
  const asked = { times: 0 };
  const sources = offsets.map(
    (offset): WallTime =>
      async () => {
        asked.times += 1;
        return time.now() + offset;
      },
  );
  return { time, own, events, health, clock, sources, asked, refused: recorded(events, 'clock-refused') };
}

test('a clock that is right, or off by less than the bound, is believed', async () => {
  for (const offset of [0, MAX, -MAX]) {
    const { time, own, clock, sources, health } = scene(0, 0);
    own.offset = offset;
    await clock.watch(sources);
    expect(clock.refusal).toBeUndefined();
    expect(clock.now()).toBe(time.now() + offset);
    expect(health.report()).toEqual({ status: 'ok', reasons: [] });
    await clock.close();
    expect(time.sleeping).toBe(0);
  }
});

test.each([['ahead', HOUR] as const, ['behind', -HOUR] as const])(
  'a clock that is far %s from the start is refused, once, and shows what the others say until it is right',
  async (_, offset) => {
    const { time, own, clock, sources, health, refused } = scene(0);
    own.offset = offset;
    await clock.watch(sources);
    expect(clock.refusal?.message).toContain('the wall clock is');
    expect(clock.now()).toBe(time.now());
    expect(health.report()).toMatchObject({ status: 'refused', reasons: [{ what: 'clock' }] });
    await time.advance(60_000);
    expect(refused).toMatchObject([{ aheadMs: offset }]);

    own.offset = 0;
    expect(clock.refusal).toBeUndefined();
    await time.advance(1_000);
    expect(health.report()).toEqual({ status: 'ok', reasons: [] });
    await clock.close();
  },
);

test('a clock that is moved is noticed at once, between two readings and with nobody to ask', async () => {
  const { time, own, clock, sources } = scene(0);
  let down = false;
  await clock.watch([
    async () => {
      if (down) throw new UnavailableError('down');
      return (sources[0] as WallTime)();
    },
  ]);
  down = true;
  await time.advance(60_000);
  expect(clock.refusal).toBeUndefined();
  own.offset = 10 * HOUR;
  expect(clock.refusal).toBeDefined();
  expect(clock.now()).toBe(time.now());
  await clock.close();
});

test('a machine that slept, whose monotonic clock stood still, is right again with the next look', async () => {
  const { time, own, clock, health, refused } = scene();
  const slept = { ms: 0 };
  await clock.watch([async () => time.now() + slept.ms]);
  slept.ms = 8 * HOUR;
  own.offset = 8 * HOUR;
  expect(clock.refusal).toBeDefined();
  await time.advance(1_000);
  expect(clock.refusal).toBeUndefined();
  expect(refused).toEqual([]);
  expect(health.report().status).toBe('ok');
  await clock.close();
});

test.each([
  ['of two that disagree one is right', [0, -HOUR], 0, true],
  ['of two that agree neither is', [HOUR, HOUR], 0, false],
  ['of three two are', [0, 0, HOUR], 0, true],
  ['of three one is', [HOUR, HOUR + 5, 0], 0, false],
  ['all disagree', [HOUR, -HOUR], 0, false],
])('half of the others must agree with a clock: %s', async (_, offsets, own, isRight) => {
  const { clock, own: clockOf, sources } = scene(...offsets);
  clockOf.offset = own;
  await clock.watch(sources);
  expect(clock.refusal === undefined).toBe(isRight);
  await clock.close();
});

test('what cannot be read, or says nothing, does not count, and is told', async () => {
  const { time, clock, sources, events, own } = scene(0);
  const retried = recorded(events, 'retried');
  own.offset = HOUR;
  const silent = (): Promise<number> => new Promise(() => {});
  const watching = clock.watch([async () => Promise.reject(new Error('NOPERM')), async () => Number.NaN, silent]);
  await time.finish(watching);
  expect(retried.map(({ what }) => what)).toEqual(['clock', 'clock', 'clock']);
  expect(clock.refusal).toBeUndefined();
  await clock.close();
  await clock.watch(sources);
  expect(clock.refusal).toBeDefined();
  await clock.close();
});

test('with nobody to ask the own clock is believed, and nothing waits', async () => {
  const { time, own, clock, sources } = scene();
  own.offset = -HOUR;
  await clock.watch(sources);
  expect(clock.now()).toBe(time.now() - HOUR);
  expect(clock.refusal).toBeUndefined();
  expect(time.sleeping).toBe(0);
});

test('the others are asked every ten seconds while it is right, and with every look while it is not', async () => {
  const { time, own, clock, sources, asked } = scene(0);
  await clock.watch(sources);
  await time.advance(60_000);
  expect(asked.times).toBe(7);
  own.offset = HOUR;
  await time.advance(5_000);
  expect(asked.times).toBe(12);
  await clock.close();
});
