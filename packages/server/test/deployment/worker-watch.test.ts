import { type NodeId, UnavailableError } from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createMessaging } from '../../src/create-messaging.ts';
import { WorkerWatch } from '../../src/deployment/worker-watch.ts';
import { COMMAND_TYPES } from '../../src/features/commands.ts';
import { Health } from '../../src/health.ts';
import { memoryNodes } from '../../src/notify/memory-nodes.ts';
import { ServerEventBus } from '../../src/server-events.ts';
import { flushPromises, ManualClock } from '../support/manual-clock.ts';
import { recorded } from '../support/recorded.ts';

const LEASE_TTL = 3_000;
const WORKER = 'worker' as NodeId;

async function watched() {
  const clock = new ManualClock();
  const events = new ServerEventBus();
  const health = new Health(events);
  const nodes = memoryNodes(new Map(), () => clock.monotonic());
  health.opened();
  const missed = recorded(events, 'workers-missed');
  const watch = new WorkerWatch({ nodes, leaseTtlMs: LEASE_TTL, clock, events, health });
  return { clock, events, health, nodes, missed, watch };
}

test('a gateway without any worker is degraded after a moment, says so once, and is well when one comes', async () => {
  const { clock, health, nodes, missed, watch } = await watched();
  watch.start();
  await flushPromises();
  expect(health.report().status).toBe('ok');
  for (let beat = 0; beat < 12; beat++) await clock.advance(LEASE_TTL / 3);
  expect(health.report()).toMatchObject({ status: 'degraded', reasons: [{ what: 'workers' }] });
  expect(missed).toEqual([{ ms: LEASE_TTL }]);
  await nodes.announce(WORKER, 'worker', LEASE_TTL, COMMAND_TYPES);
  await clock.advance(LEASE_TTL / 3);
  expect(health.report()).toEqual({ status: 'ok', reasons: [] });
  // The worker dies: it is missed again, and told again.
  for (let beat = 0; beat < 12; beat++) await clock.advance(LEASE_TTL / 3);
  expect(health.report().status).toBe('degraded');
  expect(missed).toHaveLength(2);
  await watch.close();
  expect(clock.sleeping).toBe(0);
});

test('gateways are no workers, and a worker that is replaced at once is not missed', async () => {
  const { clock, health, nodes, missed, watch } = await watched();
  await nodes.announce('other' as NodeId, 'gateway', 60 * LEASE_TTL, COMMAND_TYPES);
  await nodes.announce(WORKER, 'worker', LEASE_TTL, COMMAND_TYPES);
  watch.start();
  for (let beat = 0; beat < 4; beat++) await clock.advance(LEASE_TTL / 3);
  await nodes.announce('next' as NodeId, 'worker', 60 * LEASE_TTL, COMMAND_TYPES);
  for (let beat = 0; beat < 12; beat++) await clock.advance(LEASE_TTL / 3);
  expect(health.report().status).toBe('ok');
  expect(missed).toEqual([]);
  await nodes.withdraw('next' as NodeId);
  for (let beat = 0; beat < 12; beat++) await clock.advance(LEASE_TTL / 3);
  expect(missed).toHaveLength(1);
  await watch.close();
});

test('a list that cannot be read says nothing of workers', async () => {
  const { clock, health, events, nodes, missed, watch } = await watched();
  const retried = recorded(events, 'retried');
  nodes.workers = () => Promise.reject(new UnavailableError('connection refused'));
  watch.start();
  for (let beat = 0; beat < 12; beat++) await clock.advance(LEASE_TTL / 3);
  expect(retried.length).toBeGreaterThan(10);
  expect(retried[0]).toMatchObject({ what: 'workers', attempt: 0 });
  expect([health.report().status, missed]).toEqual(['ok', []]);
  await watch.close();
});

test.each([
  [false, 'degraded', 1],
  [true, 'ok', 0],
])('a process alone with `worker: %s` is %s', async (worker, status, told) => {
  const clock = new ManualClock();
  const content = { text: z.object({ text: z.string() }) };
  const messaging = createMessaging({ content, storage: memoryStorage(), worker, clock, warnings: false });
  const missed = recorded(messaging, 'workers-missed');
  await messaging.ready();
  for (let beat = 0; beat < 8; beat++) await clock.advance(LEASE_TTL / 3);
  expect(messaging.health().status).toBe(status);
  expect(missed).toHaveLength(told);
  await messaging.close();
  expect(messaging.health().status).toBe('closed');
});
