import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient, createConnection, memoryLocalStore } from '@tidemark/client';
import { type Cursor, composeStorage, directConversationId, type Storage } from '@tidemark/core';
import { mongoInbox } from '@tidemark/storage-mongo';
import { mysqlStorage } from '@tidemark/storage-mysql';
import { postgresStorage } from '@tidemark/storage-postgres';
import { sqliteHistory, sqliteStorage } from '@tidemark/storage-sqlite';
import { createTRPCClient } from '@trpc/client';
import { Redis } from 'ioredis';
import { MongoClient } from 'mongodb';
import mysql from 'mysql2/promise';
import pg from 'pg';
import superjson from 'superjson';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type App, type AppRouter, connectStock, eventually, startApp } from '../support/app.ts';
import { startMariadb } from '../support/services/mariadb.ts';
import { startMongo } from '../support/services/mongo.ts';
import { startPostgres } from '../support/services/postgres.ts';
import { startRedis } from '../support/services/redis.ts';
import { makeTempFolder, removeTempFolder } from '../support/services/temp-folder.ts';

const direct = directConversationId('alice', 'bob');

/** A store that can be set back while nobody has it open. */
interface Restorable extends AsyncDisposable {
  /** Opened by each application anew. */
  open(): { storage: Storage; end(): Promise<void> };
  backUp(): Promise<void>;
  restore(): Promise<void>;
}

async function sqliteFile(): Promise<Restorable> {
  const folder = await makeTempFolder();
  const [file, copy] = [join(folder, 'chat.db'), join(folder, 'backup.db')];
  return {
    open: () => ({ storage: sqliteStorage({ path: file }), end: async () => {} }),
    backUp: () => copyFile(file, copy),
    restore: async () => {
      for (const suffix of ['-wal', '-shm']) await rm(file + suffix, { force: true });
      await copyFile(copy, file);
    },
    [Symbol.asyncDispose]: async () => removeTempFolder(folder),
  };
}

async function postgresDatabase(): Promise<Restorable> {
  const service = await startPostgres({ durable: false });
  const admin = new pg.Client({ connectionString: service.url });
  await admin.connect();
  const named = (name: string): string => {
    const url = new URL(service.url);
    url.pathname = `/${name}`;
    return url.href;
  };
  await admin.query('create database chat');
  return {
    open: () => {
      const pool = new pg.Pool({ connectionString: named('chat'), max: 4 });
      // Of a connection that has not quite ended when its database is dropped.
      pool.on('error', () => {});
      return { storage: postgresStorage({ pool }), end: () => pool.end() };
    },
    backUp: async () => void (await admin.query('create database backup template chat')),
    restore: async () => {
      await admin.query('drop database chat with (force)');
      await admin.query('create database chat template backup');
    },
    [Symbol.asyncDispose]: async () => {
      await admin.end();
      await service[Symbol.asyncDispose]();
    },
  };
}

async function mariadbDatabase(): Promise<Restorable> {
  const service = await startMariadb();
  const admin = await mysql.createConnection({ uri: service.url, multipleStatements: true });
  const tables = async (): Promise<string[]> => {
    const [rows] = await admin.query<mysql.RowDataPacket[]>('show tables like ?', ['tidemark\\_%']);
    return rows.map((row) => String(Object.values(row)[0]));
  };
  let saved: string[] = [];
  return {
    open: () => {
      const pool = mysql.createPool({ uri: service.url, connectionLimit: 4 });
      return { storage: mysqlStorage({ pool }), end: () => pool.end() };
    },
    backUp: async () => {
      saved = await tables();
      for (const table of saved) {
        await admin.query(
          `create table backup_${table} like ${table}; insert into backup_${table} select * from ${table}`,
        );
      }
    },
    restore: async () => {
      for (const table of saved) {
        await admin.query(`delete from ${table}; insert into ${table} select * from backup_${table}`);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await admin.end();
      await service[Symbol.asyncDispose]();
    },
  };
}

async function mongoInboxBesideSqlite(): Promise<Restorable> {
  const service = await startMongo();
  const admin = new MongoClient(service.url);
  const history = await sqliteFile();
  const folder = await makeTempFolder();
  const [file, copy] = [join(folder, 'history.db'), join(folder, 'backup.db')];
  const names = ['tidemark_inbox', 'tidemark_heads', 'tidemark_meta'];
  const saved = new Map<string, object[]>();
  return {
    open: () => {
      const client = new MongoClient(service.url);
      const storage = composeStorage({
        history: sqliteHistory({ path: file }),
        inbox: mongoInbox({ db: client.db('chat') }),
      });
      return { storage, end: () => client.close() };
    },
    backUp: async () => {
      await copyFile(file, copy);
      for (const name of names) saved.set(name, await admin.db('chat').collection(name).find().toArray());
    },
    restore: async () => {
      for (const suffix of ['-wal', '-shm']) await rm(file + suffix, { force: true });
      await copyFile(copy, file);
      for (const [name, documents] of saved) {
        const collection = admin.db('chat').collection(name);
        await collection.deleteMany({});
        if (documents.length > 0) await collection.insertMany(documents);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await admin.close();
      await service[Symbol.asyncDispose]();
      await history[Symbol.asyncDispose]();
      removeTempFolder(folder);
    },
  };
}

/** Bob's device: what it holds stays over its restarts. */
function bobsDevice() {
  const store = memoryLocalStore();
  return {
    /** Starts it, and resolves when it is live. */
    async start(app: App) {
      const connection = createConnection({
        url: app.wsUrl,
        WebSocket,
        token: () => 'token-bob',
        transformer: superjson,
      });
      const trpc = createTRPCClient<AppRouter>({ links: [connection.link] });
      const client = createClient({
        trpc: trpc.chat,
        userId: 'bob',
        connection,
        store,
        warnings: false,
        contentTypes: ['text', 'order'],
      });
      const resets: string[] = [];
      client.on('reset', ({ reason }) => resets.push(reason));
      client.start();
      await eventually('the device is live', () => client.connection.getSnapshot().state === 'live');
      return {
        resets,
        /** Texts of the conversation, oldest first, once all that are there are shown. */
        async texts(count: number): Promise<string[]> {
          const { messages } = client.conversation(direct);
          const stop = messages.subscribe(() => {});
          const shown = () => messages.getSnapshot().items.map((item) => JSON.stringify(item));
          await eventually(`${count} messages are shown`, async () => {
            if (shown().length < count) await messages.loadOlder();
            return shown().length >= count;
          });
          stop();
          return shown().map((text) => /"text":"([^"]*)"/.exec(text)?.[1] ?? text);
        },
        async close() {
          await client.close();
          await connection.close();
        },
      };
    },
  };
}

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

const stores: [string, () => Promise<Restorable>, boolean][] = [
  ['SQLite, one process', sqliteFile, false],
  ['SQLite beside a Redis that kept its counters', sqliteFile, true],
  ['Postgres', postgresDatabase, true],
  ['MariaDB', mariadbDatabase, true],
  ['MongoDB beside SQLite', mongoInboxBesideSqlite, true],
];

test.each(stores)(
  'a store that was set back is noticed by a device that comes when it has grown past it: %s',
  async (_, make, withRedis) => {
    await using store = await make();
    await using service = withRedis ? await startRedis() : undefined;
    const device = bobsDevice();
    /** What `use` does with an application that runs for as long. */
    async function running<T>(use: (app: App) => Promise<T>): Promise<T> {
      const { storage, end } = store.open();
      const redis = service && new Redis(service.url);
      const app = await startApp({ storage, ...(redis && { redis }), voidAfter: 100, leaseTtl: 600 });
      try {
        return await use(app);
      } finally {
        await app[Symbol.asyncDispose]();
        redis?.disconnect();
        await end();
      }
    }

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
