import { type Cursor, directConversationId } from '@tidemark/core';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { rebuildAllDevices } from '../../examples/recipes/new-epoch.ts';
import { type App, connectStock, eventually, startApp } from '../support/app.ts';
import { lastingDevice } from '../support/lasting-device.ts';
import {
  mariadbDatabase,
  mongoBeside,
  postgresDatabase,
  type Restorable,
  sqliteFile,
} from '../support/restorable-stores.ts';
import { startRedis } from '../support/services/redis.ts';

const direct = directConversationId('alice', 'bob');

async function send(app: App, prefix: string, count: number): Promise<string[]> {
  await using alice = connectStock(app.wsUrl, 'alice');
  const texts = Array.from({ length: count }, (_, index) => `${prefix} ${index + 1}`);
  for (const text of texts) {
    await alice.trpc.chat.send.mutate({
      conversationId: direct,
      clientMessageId: text.replace(' ', '-'),
      type: 'text',
      content: { text },
    });
  }
  return texts;
}

/** What `use` does with an application that runs for as long. */
async function whileRunning<T>(
  store: Restorable,
  redisUrl: string | undefined,
  use: (app: App) => Promise<T>,
): Promise<T> {
  const { storage, end } = store.open();
  const redis = redisUrl === undefined ? undefined : new Redis(redisUrl);
  const app = await startApp({ storage, ...(redis && { redis }), tuning: { voidAfterMs: 100, leaseTtlMs: 600 } });
  try {
    return await use(app);
  } finally {
    await app[Symbol.asyncDispose]();
    redis?.disconnect();
    await end();
  }
}

const stores: [string, () => Promise<Restorable>, boolean][] = [
  ['SQLite, one process', sqliteFile, false],
  ['SQLite beside a Redis that kept its counters', sqliteFile, true],
  ['Postgres', postgresDatabase, true],
  ['MariaDB', mariadbDatabase, true],
  ['MongoDB beside SQLite', async () => mongoBeside(await sqliteFile()), true],
];

test.each(stores)(
  'a store that was set back is noticed by a device that comes when it has grown past it: %s',
  async (_, make, withRedis) => {
    await using store = await make();
    await using service = withRedis ? await startRedis() : undefined;
    const device = lastingDevice(direct);
    const running = <T>(use: (app: App) => Promise<T>): Promise<T> => whileRunning(store, service?.url, use);
    const kept = await running((app) => send(app, 'kept', 5));
    await store.backUp();
    const cursor = await running(async (app): Promise<Cursor> => {
      const bob = await device.start(app);
      await send(app, 'lost', 10);
      expect(await bob.texts(15)).toHaveLength(15);
      await bob.close();
      await using stock = connectStock(app.wsUrl, 'bob');
      return (await stock.trpc.chat.inbox.head.query()).cursor;
    });
    await store.restore();

    await running(async (app) => {
      const added = await send(app, 'new', 12);
      await using stock = connectStock(app.wsUrl, 'bob');
      expect(await stock.trpc.chat.inbox.since.query({ cursor })).toMatchObject({ type: 'reset', reason: 'ahead' });
      const bob = await device.start(app);
      await eventually('it is told', () => bob.resets.length > 0);
      expect(bob.resets).toEqual(['ahead']);
      expect(await bob.texts(17)).toEqual([...kept, ...added]);
      await bob.close();

      // And what stands on the restored store goes on without a reset.
      const more = await send(app, 'more', 3);
      const again = await device.start(app);
      expect(await again.texts(20)).toEqual([...kept, ...added, ...more]);
      expect(again.resets).toEqual([]);
      await again.close();
    });
  },
);

test.each(stores)(
  'a new epoch has every device rebuild, once, and touches no message: %s',
  async (_, make, withRedis) => {
    await using store = await make();
    await using service = withRedis ? await startRedis() : undefined;
    const device = lastingDevice(direct);
    const sent = await whileRunning(store, service?.url, async (app) => {
      const bob = await device.start(app);
      const texts = await send(app, 'before', 5);
      expect(await bob.texts(5)).toEqual(texts);
      await bob.close();
      return texts;
    });

    const { storage, end } = store.open();
    await rebuildAllDevices(storage);
    await end();

    await whileRunning(store, service?.url, async (app) => {
      const bob = await device.start(app);
      const more = await send(app, 'after', 3);
      expect(await bob.texts(8)).toEqual([...sent, ...more]);
      expect(bob.resets).toEqual(['epoch']);
      await bob.close();
      const again = await device.start(app);
      expect(again.resets).toEqual([]);
      await again.close();
    });
  },
);
