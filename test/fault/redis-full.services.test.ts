import { join } from 'node:path';
import { sqliteStorage } from '@tidemark/storage-sqlite';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { type App, eventually, startApp } from '../support/app.ts';
import { startRedis } from '../support/services/redis.ts';
import { makeTempFolder, removeTempFolder } from '../support/services/temp-folder.ts';

const TEXT = 'x'.repeat(8_000);
const LIMITS = {
  callsPerSecond: 100_000,
  callBurst: 100_000,
  conversationsPerHour: 100_000,
  invitationsPerHour: 100_000,
};
const partitions = Array.from({ length: 8 }, (_, partition) => `tm:{c${partition}}:commands`);

/** A Redis of 24 MB that does not evict, a store, and processes on both. */
async function startScene() {
  const folder = await makeTempFolder();
  const service = await startRedis({ appendonly: false });
  const redis = new Redis(service.url);
  await redis.config('SET', 'maxmemory', '24mb');
  await redis.config('SET', 'maxmemory-policy', 'noeviction');
  return {
    redis,
    start: ({ worker, maxmemoryShare }: { worker: boolean; maxmemoryShare?: number }) =>
      startApp({
        storage: sqliteStorage({ path: join(folder, 'chat.db') }),
        redis,
        worker,
        tuning: { leaseTtlMs: 600, receiptTimeoutMs: 300, maxmemoryShare },
        limits: LIMITS,
      }),
    backlog: async () => (await Promise.all(partitions.map((key) => redis.xlen(key)))).reduce((a, b) => a + b, 0),
    async [Symbol.asyncDispose]() {
      redis.disconnect();
      await service[Symbol.asyncDispose]();
      removeTempFolder(folder);
    },
  };
}

/** Sends 200 messages at once, as calls of this process, and gives what became of them. */
function sendMany({ router }: App, round: number): Promise<string[]> {
  const { chat } = router.createCaller({ user: { id: 'alice' } });
  return Promise.all(
    Array.from({ length: 200 }, async (_, n) => {
      try {
        const clientMessageId = `m-${round}-${n}`;
        await chat.send({
          conversationId: `d:alice,user-${n}`,
          clientMessageId,
          type: 'text',
          content: { text: TEXT },
        });
        return 'sent';
      } catch (error) {
        return (error as Error).message;
      }
    }),
  );
}

test('a Redis that its own backlog fills refuses commands before it is full, and drains when workers come', async () => {
  await using scene = await startScene();
  const gateway = await scene.start({ worker: false });
  const reached: string[] = [];
  let rounds = 0;
  gateway.messaging.on('limit-reached', ({ limit }) => reached.push(limit));
  const refused = await eventually('commands are refused', async () => {
    rounds += 1;
    return (await sendMany(gateway, rounds)).find((answer) => answer.includes('maxmemoryShare'));
  });
  expect(refused).toMatch(/^overloaded: /);
  expect(reached).toContain('tuning.maxmemoryShare');
  expect(await scene.redis.set('still', 'room')).toBe('OK');
  expect(await scene.backlog()).toBeGreaterThan(1_000);

  await using worker = await scene.start({ worker: true });
  await eventually('all is carried out', async () => (await scene.backlog()) === 0);
  expect(worker.messaging.health().status).toBe('ok');
  await gateway[Symbol.asyncDispose]();
});

test('a Redis that is full to its last byte drains all the same', async () => {
  await using scene = await startScene();
  const gateway = await scene.start({ worker: false, maxmemoryShare: 1 });
  await sendMany(gateway, 1);
  // Another program takes what is left, in pieces that get smaller.
  for (let size = 1 << 20; size >= 16; size >>= 1) {
    for (let n = 0; n < 1_000; n++) {
      const isFull = await scene.redis.set(`other:${size}:${n}`, 'y'.repeat(size)).then(
        () => false,
        () => true,
      );
      if (isFull) break;
    }
  }
  const backlog = await scene.backlog();
  expect(backlog).toBeGreaterThan(100);
  await expect(scene.redis.set('no', 'room'.repeat(100))).rejects.toThrow(/^OOM/);

  const worker = await scene.start({ worker: true });
  await eventually('all is carried out', async () => (await scene.backlog()) === 0);
  await worker[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});
