import { DeploymentError, UnavailableError } from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { afterEach, beforeEach, expect, type MockInstance, test, vi } from 'vitest';
import { z } from 'zod';
import { createMessaging } from '../src/index.ts';
import { ManualClock } from './support/manual-clock.ts';

let warn: MockInstance<typeof console.warn>;
beforeEach(() => {
  warn = vi.spyOn(console, 'warn').mockReturnValue();
});
afterEach(() => vi.restoreAllMocks());

const said = () => warn.mock.calls.map(([sentence]) => String(sentence));

/** Messaging whose storage opens as `open` says. */
function messagingOn(open: () => Promise<void>, clock: ManualClock, options: { warnings?: boolean } = {}) {
  const storage = { ...memoryStorage(), open };
  const content = { text: z.object({ text: z.string() }) };
  return createMessaging({ content, storage, clock, random: () => 0.5, worker: false, ...options });
}

const refused = (port: number) =>
  new UnavailableError('the store cannot be reached', { cause: new Error(`connect ECONNREFUSED 127.0.0.1:${port}`) });

test('a database that cannot be reached is named after 5 s, once for each cause, and never again when it is there', async () => {
  const clock = new ManualClock();
  let port: number | undefined = 5432;
  const messaging = messagingOn(async () => {
    if (port !== undefined) throw refused(port);
  }, clock);
  await clock.advance(4_999);
  expect(said()).toEqual([]);
  await clock.advance(60_000);
  const sentence = (of: number) =>
    `tidemark: ready() and all calls wait for the storage to open: the store cannot be reached: connect ECONNREFUSED 127.0.0.1:${of} (warnings: false turns this off)`;
  expect(said()).toEqual([sentence(5432)]);
  port = 6432;
  await clock.advance(60_000);
  expect(said()).toEqual([sentence(5432), sentence(6432)]);
  port = undefined;
  await clock.advance(5_000);
  await messaging.ready();
  await clock.advance(60_000);
  expect(said()).toHaveLength(2);
  await clock.finish(messaging.close());
  expect(clock.sleeping).toBe(0);
});

test('a database that never answers is named too, and no timer is left when the server closes', async () => {
  const clock = new ManualClock();
  const messaging = messagingOn(() => new Promise(() => {}), clock);
  await clock.advance(5_000);
  expect(said()).toEqual([expect.stringContaining('wait for the storage to open: no answer yet')]);
  await clock.finish(messaging.close());
  expect(clock.sleeping).toBe(0);
});

test('a start that failed for good is said once, and not when the server was closed meanwhile', async () => {
  const clock = new ManualClock();
  const refusal = new DeploymentError([], 'the store is newer than this process can use');
  const messaging = messagingOn(() => Promise.reject(refusal), clock);
  await expect(messaging.ready()).rejects.toBe(refusal);
  expect(said()).toEqual([`tidemark: messaging cannot start: ${refusal.message} (warnings: false turns this off)`]);
  expect(messaging.health()).toEqual({ status: 'refused', reasons: [{ what: 'start', text: refusal.message }] });
  await clock.finish(messaging.close());
});

test('a store that refuses with an error that nobody knows is asked again, more and more slowly, until it takes it', async () => {
  const clock = new ManualClock();
  let attempts = 0;
  const messaging = messagingOn(async () => {
    attempts += 1;
    if (attempts <= 10) throw new Error('permission denied for schema public');
  }, clock);
  const retried: number[] = [];
  messaging.on('retried', ({ what, delayMs }) => what === 'open' && retried.push(delayMs));
  const text = 'waits for the storage to open: permission denied for schema public';
  await clock.advance(0);
  expect(messaging.health()).toEqual({ status: 'starting', reasons: [{ what: 'start', text }] });
  await clock.advance(5_000);
  expect(said()).toEqual([expect.stringContaining('storage to open: permission denied for schema public')]);
  await clock.advance(60_000);
  await messaging.ready();
  expect(attempts).toBe(11);
  expect(retried[0]).toBeLessThanOrEqual(500);
  expect(Math.max(...retried)).toBeLessThanOrEqual(10_000);
  expect(retried.at(-1)).toBeGreaterThan(2_000);
  expect(messaging.health().reasons).not.toContainEqual(expect.objectContaining({ what: 'start' }));
  await clock.finish(messaging.close());
});

test('a server that is closed while its store refuses is not kept by it', async () => {
  const clock = new ManualClock();
  const messaging = messagingOn(() => Promise.reject(new Error('permission denied')), clock);
  await clock.advance(100);
  await clock.finish(messaging.close());
  await expect(messaging.ready()).rejects.toThrow('permission denied');
  expect(clock.sleeping).toBe(0);
});

test('warnings: false says nothing', async () => {
  const clock = new ManualClock();
  const messaging = messagingOn(() => Promise.reject(refused(5432)), clock, { warnings: false });
  await clock.advance(60_000);
  expect(said()).toEqual([]);
  await clock.finish(messaging.close());
});
