import { UnavailableError } from '@tidemark/core';
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
  const messaging = messagingOn(() => Promise.reject(new Error('no such schema')), clock);
  await expect(messaging.ready()).rejects.toThrow('no such schema');
  expect(said()).toEqual(['tidemark: messaging cannot start: no such schema (warnings: false turns this off)']);
  await clock.finish(messaging.close());
});

test('warnings: false says nothing', async () => {
  const clock = new ManualClock();
  const messaging = messagingOn(() => Promise.reject(refused(5432)), clock, { warnings: false });
  await clock.advance(60_000);
  expect(said()).toEqual([]);
  await clock.finish(messaging.close());
});
