import { UnavailableError } from '@tidemark/core';
import { expect, test } from 'vitest';
import { LoadMeter } from '../src/load-meter.ts';
import { ServerEventBus } from '../src/server-events.ts';
import { flushPromises, ManualClock } from './support/manual-clock.ts';

const PERIOD = 5_000;

function openMeter() {
  const clock = new ManualClock();
  const events = new ServerEventBus();
  const away = new Set<number>();
  const meter = new LoadMeter({
    clock,
    events,
    partitions: 8,
    owned: () => [1, 3],
    ingress: {
      backlog: async (partition) => {
        if (away.has(partition)) throw new UnavailableError('the queue cannot be reached');
        return partition * 10;
      },
      lag: async (partition) => partition * 100,
    },
    held: () => ({ waiting: 4, feeds: 3, users: 2, bufferedBytes: [10, 0, 30] }),
  });
  return { clock, events, away, meter };
}

test('measures every five seconds while somebody listens, and has no timer before and after', async () => {
  const { clock, events, meter } = openMeter();
  expect(clock.sleeping).toBe(0);
  const measured: unknown[] = [];
  const stop = events.on('load-measured', (load) => measured.push(load));
  meter.start();
  meter.start();
  await flushPromises();
  expect(measured).toEqual([
    {
      partitions: 8,
      owned: [
        { partition: 1, backlog: 10, lagMs: 100 },
        { partition: 3, backlog: 30, lagMs: 300 },
      ],
      waiting: 4,
      feeds: 3,
      users: 2,
      sockets: 3,
      bufferedBytes: 40,
      fullestSocketBytes: 30,
    },
  ]);
  await clock.advance(2 * PERIOD);
  expect(measured).toHaveLength(3);
  stop();
  await clock.advance(PERIOD);
  expect(measured).toHaveLength(3);
  expect(clock.sleeping).toBe(0);
});

test('begins again for the next who listens, also for one who comes before the last sleep is over', async () => {
  const { clock, events, meter } = openMeter();
  events.on('load-measured', () => {})();
  const stop = events.on('load-measured', () => {});
  meter.start();
  await flushPromises();
  stop();
  const measured: unknown[] = [];
  events.on('load-measured', (load) => measured.push(load));
  meter.start();
  await clock.advance(PERIOD);
  expect(measured).toHaveLength(1);
  await meter.close();
});

test('leaves out what the queue cannot be asked about', async () => {
  const { events, away, meter } = openMeter();
  const measured: unknown[] = [];
  events.on('load-measured', ({ owned }) => measured.push(owned));
  away.add(1);
  meter.start();
  await flushPromises();
  expect(measured).toEqual([[{ partition: 3, backlog: 30, lagMs: 300 }]]);
  await meter.close();
});

test('ends with close, and does not begin after it', async () => {
  const { clock, events, meter } = openMeter();
  const measured: unknown[] = [];
  events.on('load-measured', (load) => measured.push(load));
  meter.start();
  await flushPromises();
  await meter.close();
  meter.start();
  await clock.advance(PERIOD);
  expect(measured).toHaveLength(1);
  expect(clock.sleeping).toBe(0);
});
