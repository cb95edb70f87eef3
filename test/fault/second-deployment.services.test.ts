import { join } from 'node:path';
import { DeploymentError, directConversationId, type Storage } from '@tidemark/core';
import { releaseDeployment } from '@tidemark/server';
import { sqliteStorage } from '@tidemark/storage-sqlite';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { type App, connectStock, eventually, startApp } from '../support/app.ts';
import { startRedis } from '../support/services/redis.ts';
import { makeTempFolder, removeTempFolder } from '../support/services/temp-folder.ts';

const direct = directConversationId('alice', 'bob');

/** One Redis, and applications on it, each with the store that it names. */
async function startScene() {
  const folder = await makeTempFolder();
  const service = await startRedis();
  const redis = new Redis(service.url);
  return {
    redis,
    store: (name: string): Storage => sqliteStorage({ path: join(folder, `${name}.db`) }),
    start: (storage: Storage, options: Parameters<typeof startApp>[0] = {}): Promise<App> =>
      startApp({ storage, redis, tuning: { leaseTtlMs: 600, receiptTimeoutMs: 2_000, headsEveryMs: 300 }, ...options }),
    async [Symbol.asyncDispose]() {
      redis.disconnect();
      await service[Symbol.asyncDispose]();
      removeTempFolder(folder);
    },
  };
}

async function refusalOf(start: Promise<App>): Promise<DeploymentError> {
  const error = await start.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof DeploymentError) return error;
  throw new Error('it was not refused', { cause: error });
}

function send(client: ReturnType<typeof connectStock>, n: number) {
  return client.trpc.chat.send.mutate({
    conversationId: direct,
    clientMessageId: `m${n}`,
    type: 'text',
    content: { text: `message ${n}` },
  });
}

test('a second application with a store of its own on the keys of the first is refused, and changes nothing', async () => {
  await using scene = await startScene();
  await using first = await scene.start(scene.store('first'));
  const error = await refusalOf(scene.start(scene.store('second')));
  expect(error.message).toContain("keyPrefix 'tm:'");
  expect(error.differs[0]?.what).toBe("the store's identity");

  await using alice = connectStock(first.wsUrl, 'alice');
  for (let n = 1; n <= 20; n++) expect(await send(alice, n)).toMatchObject({ conversationSeq: n + 1 });
  const second = scene.store('second');
  await second.open();
  expect(await second.history.load([direct])).toEqual(new Map());
  await second.close();

  await using apart = await scene.start(scene.store('second'), { keyPrefix: 'second:' });
  await using bob = connectStock(apart.wsUrl, 'bob');
  expect(await send(bob, 1)).toMatchObject({ conversationSeq: 2 });
});

test('commands and frames of another deployment on the same Redis are neither carried out nor shown', async () => {
  await using scene = await startScene();
  const storage = scene.store('ours');
  await using app = await scene.start(storage, { partitions: 1 });
  const strangers: string[] = [];
  app.messaging.on('stranger-refused', ({ what, of }) => strangers.push(`${what} ${of}`));
  await using alice = connectStock(app.wsUrl, 'alice');
  const shown: number[] = [];
  let live = false;
  alice.trpc.chat.inbox.feed.subscribe(
    {},
    {
      onData: ({ data }) => {
        if (data.type === 'live') live = true;
        if (data.type === 'entries') shown.push(...data.entries.map(({ seq }) => seq));
      },
    },
  );
  await eventually('the feed is live', () => live);
  await send(alice, 1);
  await eventually('both entries are shown', () => shown.length === 2);

  const event = (await storage.history.findByRef([{ conversationId: direct, conversationSeq: 2 as never }]))[0];
  const forged = { ...event, conversationSeq: 3, commandId: 'theirs', actorId: 'bob' };
  for (const of of ['theirs', undefined]) {
    const command = {
      type: 'message.send',
      conversationId: direct,
      actorId: 'bob',
      commandId: 'theirs',
      message: { type: 'text', content: { text: 'not yours' } },
    };
    const { nodeId } = app.messaging;
    const replyTo = 'their-node';
    await scene.redis.xadd('tm:{c0}:commands', '*', 'body', JSON.stringify({ of, command, replyTo, call: 'c' }));
    const frame = JSON.stringify({ of, deliveries: [{ event: forged, to: [['alice', 3]] }], replies: [] });
    await scene.redis.spublish(`tm:node:${nodeId}`, frame);
  }
  await eventually('all are refused', () => strangers.length >= 4);
  expect(strangers.sort()).toEqual(['command ', 'command theirs', 'frame ', 'frame theirs']);
  expect(await scene.redis.xlen('tm:{c0}:dead')).toBe(2);
  expect(await send(alice, 2)).toMatchObject({ conversationSeq: 3 });
  await eventually('the next entry is shown', () => shown.length === 3);
  expect(shown).toEqual([1, 2, 3]);
});

test('another number of partitions is refused while a process has the old one, or commands are queued under it', async () => {
  await using scene = await startScene();
  const open = (): Storage => scene.store('one');
  const before = await scene.start(open(), { partitions: 8 });
  const rolling = await refusalOf(scene.start(open(), { partitions: 4 }));
  expect(rolling.differs).toEqual([{ what: 'the number of partitions', here: 4, there: 8 }]);
  expect(rolling.message).toContain('in use by 1 processes');
  await before[Symbol.asyncDispose]();

  const left = JSON.stringify({ command: null, replyTo: 'n', call: 'c' });
  await scene.redis.xadd('tm:{c7}:commands', '*', 'body', left);
  const queued = await refusalOf(scene.start(open(), { partitions: 4 }));
  expect(queued.message).toContain('still holds 1 commands');
  await using drained = await scene.start(open(), { partitions: 8 });
  await eventually('it is carried out', async () => (await scene.redis.xlen('tm:{c7}:commands')) === 0);
  await drained[Symbol.asyncDispose]();

  await using after = await scene.start(open(), { partitions: 4 });
  await using alice = connectStock(after.wsUrl, 'alice');
  expect(await send(alice, 1)).toMatchObject({ conversationSeq: 2 });
});

test('an emptied Redis is claimed anew; who finds it claimed by another takes no part until that one gives it up', async () => {
  await using scene = await startScene();
  await using app = await scene.start(scene.store('ours'));
  await using alice = connectStock(app.wsUrl, 'alice');
  await send(alice, 1);
  await scene.redis.flushall();
  await eventually('it is claimed', () => scene.redis.exists('tm:deployment'));
  await refusalOf(scene.start(scene.store('theirs')));
  await send(alice, 2);
  expect(app.messaging.health()).toEqual({ status: 'ok', reasons: [] });

  const refused = app.next('deployment-refused');
  // In one step, so that the other one is there first.
  await scene.redis
    .multi()
    .flushall()
    .hset('tm:deployment', { identity: 'theirs', epoch: 'e', partitions: 8, version: 1 })
    .exec();
  await refused;
  expect(app.messaging.health()).toMatchObject({ status: 'refused', reasons: [{ what: 'deployment' }] });
  await expect(send(alice, 3)).rejects.toThrow(/^unavailable: /);
  await eventually('it writes no partition', async () => (await scene.redis.exists('tm:{c0}:owner')) === 0);

  await releaseDeployment({ redis: scene.redis });
  await eventually('it takes part again', () => app.messaging.health().status === 'ok');
  await eventually('its commands are carried out', () => send(alice, 3).catch(() => undefined));
});

test('a Redis that evicts is refused at start, by its policy', async () => {
  await using scene = await startScene();
  await scene.redis.config('SET', 'maxmemory', '100mb');
  await scene.redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
  const error = await refusalOf(scene.start(scene.store('ours')));
  expect(error.differs).toEqual([{ what: "Redis' maxmemory-policy", here: 'noeviction', there: 'allkeys-lru' }]);
  await scene.redis.config('SET', 'maxmemory-policy', 'noeviction');
  await using app = await scene.start(scene.store('ours'));
  expect(app.messaging.health()).toEqual({ status: 'ok', reasons: [] });
});
