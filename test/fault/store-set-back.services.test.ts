import { setTimeout as sleep } from 'node:timers/promises';
import { type ConversationId, directConversationId, parseUserId } from '@tidemark/core';
import { redisBackplane, type ServerEvents } from '@tidemark/server';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { type App, connectStock, eventually, startApp } from '../support/app.ts';
import { lastingDevice } from '../support/lasting-device.ts';
import { mariadbDatabase, mongoBeside, postgresDatabase, type Restorable } from '../support/restorable-stores.ts';
import { sendUntilReceipt } from '../support/send-until-receipt.ts';
import { startRedis } from '../support/services/redis.ts';

type Notifier = ReturnType<typeof redisBackplane>['notifier'];

const direct = directConversationId('alice', 'bob');
const other = directConversationId('bob', 'carol');

/** Processes of one deployment, whose store is set back while they run. */
async function startDeployment(make: () => Promise<Restorable>) {
  const [store, redis] = [await make(), await startRedis()];
  const client = new Redis(redis.url);
  const ends: (() => PromiseLike<unknown>)[] = [
    () => store[Symbol.asyncDispose](),
    () => redis[Symbol.asyncDispose](),
    async () => client.disconnect(),
  ];
  const noticed: ServerEvents['store-set-back'][] = [];
  return {
    store,
    redis: client,
    noticed,
    async start(
      options: {
        worker?: boolean;
        receiptTimeoutMs?: number;
        headsEveryMs?: number;
        notifier?: (plain: Notifier) => Notifier;
      } = {},
    ): Promise<App> {
      const { notifier = (plain) => plain, receiptTimeoutMs, headsEveryMs, ...rest } = options;
      const { storage, end } = store.open();
      const own = new Redis(redis.url);
      const backplane = redisBackplane({ redis: own, partitions: 8, backlog: 10_000, deadLetters: 1_000 });
      const app = await startApp({
        storage,
        backplane: { ...backplane, notifier: notifier(backplane.notifier) },
        tuning: { voidAfterMs: 100, leaseTtlMs: 600, receiptTimeoutMs, headsEveryMs },
        ...rest,
      });
      app.messaging.on('store-set-back', (event) => noticed.push(event));
      ends.push(async () => {
        await app[Symbol.asyncDispose]();
        own.disconnect();
        await end();
      });
      return app;
    },
    /** Resolves once the claim names what was written last. */
    hasWitness: (conversationSeq: number): Promise<unknown> =>
      eventually('what was written last is in the claim', async () =>
        (await client.hget('tm:deployment', 'witness'))?.includes(`"conversationSeq":${conversationSeq},`),
      ),
    async [Symbol.asyncDispose]() {
      for (let end = ends.pop(); end; end = ends.pop()) await end();
    },
  };
}

async function send(app: App, from: 'alice' | 'carol', prefix: string, count: number): Promise<string[]> {
  const conversationId = from === 'alice' ? direct : other;
  await using sender = connectStock(app.wsUrl, from);
  const texts = Array.from({ length: count }, (_, index) => `${prefix} ${index + 1}`);
  for (const text of texts) {
    const clientMessageId = text.replace(' ', '-');
    await sender.trpc.chat.send.mutate({ conversationId, clientMessageId, type: 'text', content: { text } });
  }
  return texts;
}

/** Seqs of the conversation as the store has them. */
async function logOf(store: Restorable, conversationId: ConversationId): Promise<number[]> {
  const { storage, end } = store.open();
  await storage.open();
  const userId = parseUserId('bob');
  const { events } = await storage.history.range({ userId, conversationId, after: 0, limit: 100 });
  await storage.close();
  await end();
  return events.map((event) => event.conversationSeq);
}

/** As long as a restore takes at least: a writer takes the store to be as it was for 250 ms after a commit. */
const longerThanTrusted = (): Promise<void> => sleep(300);

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

const inTwoParts = 'MongoDB beside Postgres';
const stores: [string, () => Promise<Restorable>][] = [
  ['Postgres, whose connections end', postgresDatabase],
  ['MariaDB, whose connections stay', mariadbDatabase],
  [inTwoParts, async () => mongoBeside(await postgresDatabase())],
];
const cases = stores.flatMap(([name, make]) => [
  { name, make, flushed: false },
  { name: `${name}, and Redis emptied`, make, flushed: true },
]);

test.each(cases)(
  'a feed that is open while the store is set back is told, whatever is written before anybody looks: $name',
  async ({ name, make, flushed }) => {
    // Once, or twice by a process that looked between the two steps.
    const told = (resets: readonly string[]) => (name.startsWith(inTwoParts) ? [...new Set(resets)] : resets);
    await using deployment = await startDeployment(make);
    // Where the counters are gone, comparing the heads finds the feed above them, perhaps before the witness is asked for.
    const options = flushed ? { headsEveryMs: 50 } : {};
    const [one, two] = [await deployment.start(options), await deployment.start(options)];
    const bob = await lastingDevice(direct).start(two);
    const kept = await send(one, 'alice', 'kept', 5);
    await deployment.store.backUp();
    await send(one, 'alice', 'lost', 10);
    expect(await bob.texts(15)).toHaveLength(15);

    await longerThanTrusted();
    await deployment.store.restore();
    if (flushed) await deployment.redis.flushall();
    const added = await send(one, 'alice', 'new', 12);
    await eventually('it is told', () => bob.resets.length > 1);
    expect(told(bob.resets)).toEqual(['new', 'ahead']);
    expect(await bob.texts(17)).toEqual([...kept, ...added]);
    expect(await logOf(deployment.store, direct)).toEqual(upTo(18));
    expect(deployment.noticed.length).toBeGreaterThan(0);

    const more = await send(two, 'alice', 'more', 2);
    expect(await bob.texts(19)).toEqual([...kept, ...added, ...more]);
    expect(told(bob.resets)).toEqual(['new', 'ahead']);
    await bob.close();
  },
);

test('a feed of a gateway is told though every worker was replaced, and others speak', async () => {
  await using deployment = await startDeployment(postgresDatabase);
  const gateway = await deployment.start({ worker: false });
  const worker = await deployment.start();
  const bob = await lastingDevice(direct).start(gateway);
  const kept = await send(worker, 'alice', 'kept', 5);
  await deployment.store.backUp();
  await send(worker, 'alice', 'lost', 10);
  expect(await bob.texts(15)).toHaveLength(15);
  await deployment.hasWitness(16);
  await worker.messaging.close();

  await deployment.store.restore();
  await send(await deployment.start(), 'carol', 'hello', 12);
  await eventually('it is told', () => bob.resets.length > 1);
  expect(bob.resets).toEqual(['new', 'ahead']);
  expect(await bob.texts(5)).toEqual(kept);
  await bob.close();
});

test('a command that was carried out, and lost, is carried out again when it is sent again', async () => {
  await using deployment = await startDeployment(postgresDatabase);
  const app = await deployment.start();
  await send(app, 'alice', 'kept', 2);
  await deployment.store.backUp();
  await send(app, 'alice', 'again', 3);
  await longerThanTrusted();
  await deployment.store.restore();
  await send(app, 'alice', 'again', 3);
  expect(await logOf(deployment.store, direct)).toEqual(upTo(6));
});

test.each(stores)('a read mark that was queued before is not set on what is written after: %s', async (_, make) => {
  await using deployment = await startDeployment(make);
  const gateway = await deployment.start({ worker: false });
  const worker = await deployment.start();
  await send(worker, 'alice', 'kept', 2);
  await deployment.store.backUp();
  await send(worker, 'alice', 'lost', 3);
  await deployment.hasWitness(6);
  await worker.messaging.close();
  await using bob = connectStock(gateway.wsUrl, 'bob');
  const { markRead, get } = bob.trpc.chat.conversations;
  const marks = [3, 6].map((readSeq) =>
    markRead.mutate({ conversationId: direct, readSeq }).catch((error: unknown) => String(error)),
  );
  const queued = async (): Promise<number> => {
    const streams = await deployment.redis.keys('tm:{c*}:commands');
    return (await Promise.all(streams.map((stream) => deployment.redis.xlen(stream)))).reduce(
      (sum, one) => sum + one,
      0,
    );
  };
  await eventually('both wait for a worker', async () => (await queued()) === 2);

  await deployment.store.restore();
  const successor = await deployment.start();
  await send(successor, 'alice', 'new', 5);
  await Promise.all(marks);
  await eventually('both are decided', async () => (await queued()) === 0);
  // Which of them was about what is still there is not known.
  expect(await get.query({ conversationId: direct })).toMatchObject({ head: 8, readSeq: 0, unread: 7 });
});

test.each([
  ['is on its way', true],
  ['is about to be sent', false],
])(
  'a receipt that %s when the store is found set back does not come, and its command is carried out',
  async (_, left) => {
    await using deployment = await startDeployment(postgresDatabase);
    let release = (): void => {};
    let held = Promise.resolve();
    const holding = (notifier: Notifier): Notifier => ({
      listen: (...args) => notifier.listen(...args),
      publish: async (...args) => {
        const gone = held.then(() => notifier.publish(...args));
        if (!left) await gone;
      },
    });
    const gateway = await deployment.start({ worker: false, receiptTimeoutMs: 2_000 });
    await deployment.start({ notifier: holding });
    const bob = await lastingDevice(direct).start(gateway);
    const kept = await send(gateway, 'alice', 'kept', 2);
    await bob.texts(2);
    await deployment.store.backUp();
    held = new Promise((resolve) => {
      release = resolve;
    });
    await using alice = connectStock(gateway.wsUrl, 'alice');
    const draft = { conversationId: direct, clientMessageId: 'late', text: 'late' };
    const receipt = sendUntilReceipt(alice, draft);
    await eventually('it is stored', async () => (await logOf(deployment.store, direct)).length === 4);

    await longerThanTrusted();
    await deployment.store.restore();
    await eventually('the gateway knows', () => bob.resets.length > 1);
    release();
    const { conversationSeq, messageId } = await receipt;
    expect(await bob.texts(3)).toEqual([...kept, 'late']);
    const page = await alice.trpc.chat.conversations.history.query({ conversationId: direct, limit: 1 });
    expect(page.events).toMatchObject([{ conversationSeq, messageId }]);
    await bob.close();
  },
);
