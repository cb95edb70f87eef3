import type { Storage } from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { postgresStorage } from '@tidemark/storage-postgres';
import { Redis } from 'ioredis';
import pg from 'pg';
import { expect, test } from 'vitest';
import { connectStock, eventually, startApp } from '../../../test/support/app.ts';
import { follow } from '../../../test/support/delivery-record.ts';
import { startPostgres } from '../../../test/support/services/postgres.ts';
import { startRedis } from '../../../test/support/services/redis.ts';
import { metricsOf } from '../src/index.ts';
import { sampleOf } from './samples.ts';

const MESSAGES = 20;

interface Services extends AsyncDisposable {
  readonly storage: Storage;
  readonly redis?: Redis;
}

const inMemory = async (): Promise<Services> => ({ storage: memoryStorage(), [Symbol.asyncDispose]: async () => {} });

async function onServices(): Promise<Services> {
  const [redis, postgres] = await Promise.all([startRedis(), startPostgres({ durable: false })]);
  const client = new Redis(redis.url);
  const pool = new pg.Pool({ connectionString: postgres.url });
  return {
    storage: postgresStorage({ pool }),
    redis: client,
    [Symbol.asyncDispose]: async () => {
      client.disconnect();
      await pool.end();
      await Promise.all([redis[Symbol.asyncDispose](), postgres[Symbol.asyncDispose]()]);
    },
  };
}

test.each([
  ['memory', inMemory],
  ['Redis and Postgres', onServices],
])('what a server on %s did is what its metrics say', async (_, open) => {
  await using services = await open();
  const { storage, redis } = services;
  await using app = await startApp({ storage, ...(redis && { redis }), limits: { contentBytes: 1_000 } });
  const { registry } = metricsOf(app.messaging);
  const of = (name: string, labels?: Record<string, string | number>) => sampleOf(registry, `tidemark_${name}`, labels);
  await using alice = connectStock(app.wsUrl, 'alice');
  await using bob = connectStock(app.wsUrl, 'bob');
  const record = await follow(bob, 'bob');
  const conversationId = 'd:alice,bob';
  const send = (clientMessageId: string, text = 'hello') =>
    alice.trpc.chat.send.mutate({ conversationId, clientMessageId, type: 'text', content: { text } });

  const since = performance.now();
  for (let n = 0; n < MESSAGES; n++) await send(`m${n}`);
  await send('m0');
  const elapsed = (performance.now() - since) / 1_000;
  await expect(send('long', 'x'.repeat(2_000))).rejects.toThrow('content_too_large');
  await eventually('bob has all', () => record.times(`m${MESSAGES - 1}`) === 1);

  expect(await of('messages_total')).toBe(MESSAGES);
  const { conversationSeq } = await send(`m${MESSAGES - 1}`);
  expect(await of('events_total')).toBe(conversationSeq);
  // Each event is in both inboxes.
  expect(await of('inbox_rows_total')).toBe(2 * conversationSeq);
  expect(await of('receipt_duration_seconds_count', { outcome: 'stored' })).toBe(MESSAGES + 2);
  const latency = (await of('receipt_duration_seconds_sum', { outcome: 'stored' })) ?? 0;
  expect(latency).toBeGreaterThan(0);
  expect(latency).toBeLessThan(elapsed + 60);
  expect(await of('batch_commands_sum')).toBe(MESSAGES);
  const batches = (await of('batch_commands_count')) ?? 0;
  expect(await of('commit_duration_seconds_count')).toBe(batches);
  expect(await of('repeated_commands_total')).toBe(2);
  expect(await of('refused_calls_total', { code: 'content_too_large' })).toBe(1);
  expect(await of('health_status', { status: 'ok' })).toBe(1);
  expect(await of('feeds_opened_total', { transport: 'socket' })).toBe(1);
  expect(await of('dead_letters_total')).toBe(0);
  expect(await of('process_memory_bytes', { kind: 'resident' })).toBeGreaterThan(10_000_000);

  await app.next('load-measured', ({ owned, feeds }) => owned.length === 8 && feeds === 1);
  expect(await of('partitions')).toBe(8);
  expect(await of('owned_partitions')).toBe(8);
  expect(await of('feeds')).toBe(1);
  expect(await of('online_users')).toBe(1);
  expect(await of('sockets')).toBe(2);
  expect(await of('waiting_calls')).toBe(0);
  for (let partition = 0; partition < 8; partition++) {
    expect(await of('partition_backlog', { partition })).toBe(0);
    expect(await of('partition_lag_seconds', { partition })).toBe(0);
  }

  await app.messaging.close();
  expect(await of('health_status', { status: 'ok' })).toBe(0);
  expect(await of('health_status', { status: 'closed' })).toBe(1);
  expect(await of('released_partitions_total', { reason: 'closed' })).toBe(8);
  expect(await of('feeds_closed_total', { transport: 'socket' })).toBe(1);
});

test('a store that hangs is seen as lag and as a backlog, and what waits as waiting calls', async () => {
  await using services = await onServices();
  const { storage, redis } = services;
  let letGo: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const commit = storage.commit.bind(storage);
  Object.assign(storage, { commit: (batch: Parameters<typeof commit>[0]) => held.then(() => commit(batch)) });
  await using app = await startApp({ storage, ...(redis && { redis }) });
  const { registry } = metricsOf(app.messaging);
  await using alice = connectStock(app.wsUrl, 'alice');
  const sending = alice.trpc.chat.send.mutate({
    conversationId: 'd:alice,bob',
    clientMessageId: 'm',
    type: 'text',
    content: { text: 'hello' },
  });
  const { owned, waiting } = await app.next('load-measured', (load) => load.owned.some(({ lagMs }) => lagMs > 0));
  const [lagging] = owned.filter(({ backlog }) => backlog > 0);
  const partition = lagging?.partition ?? -1;
  expect(waiting).toBe(1);
  expect(await sampleOf(registry, 'tidemark_partition_backlog', { partition })).toBe(1);
  expect(await sampleOf(registry, 'tidemark_partition_lag_seconds', { partition })).toBeGreaterThan(0);
  expect(await sampleOf(registry, 'tidemark_waiting_calls')).toBe(1);
  letGo();
  await sending;
});
