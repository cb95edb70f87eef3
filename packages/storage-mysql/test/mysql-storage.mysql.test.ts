import { type Storage, UnavailableError } from '@tidemark/core';
import { batchFor, conversationBuilder, hostileContent, refOf, seededIds, seqCounter } from '@tidemark/testkit';
import mysql from 'mysql2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startMariadb } from '../../../test/support/services/mariadb.ts';
import type { Service } from '../../../test/support/services/service.ts';
import { type MysqlOptions, mysqlStorage } from '../src/index.ts';

let service: Service;

beforeAll(async () => {
  service = await startMariadb();
});

afterAll(() => service[Symbol.asyncDispose]());

test('options that break their rule are refused by name', () => {
  const refused = (options: unknown) => expect(() => mysqlStorage(options as MysqlOptions));
  refused({}).toThrow(/^pool must be/);
  refused({ pool: {} }).toThrow(/^pool must be/);
  refused({ pool: { pool: {} } }).toThrow(/^pool must be/);
});

test('processes that open one new database at once all succeed, and share the epoch', async () => {
  await using database = await newDatabase('openers');
  const storages = Array.from({ length: 4 }, () => mysqlStorage({ pool: database.pool() }));
  await Promise.all(storages.map((storage) => storage.open()));
  expect(new Set(storages.map((storage) => storage.inbox.epoch)).size).toBe(1);
});

test('a commit has as many statements for 200 messages as for one', async () => {
  await using database = await newDatabase('statements');
  const pool = database.pool();
  const storage = await opened(pool);
  const ids = seededIds();
  const counter = seqCounter();
  const chat = conversationBuilder({ ids });
  await storage.commit(batchFor(chat, chat.events, counter));
  const counts: number[] = [];
  for (const messages of [1, 10, 200]) {
    const events = Array.from({ length: messages }, () => chat.message());
    const before = await statements(pool);
    expect(await storage.commit(batchFor(chat, events, counter))).toEqual({ conflict: undefined });
    // The question itself is one.
    counts.push((await statements(pool)) - before - 1);
  }
  // the question after the connection's state, begin, events, heads, inbox, commit
  expect(counts).toEqual([6, 6, 6]);
});

test('a batch larger than a packet of the server is written, all or nothing', async () => {
  await using database = await newDatabase('packets');
  const storage = await opened(database.pool());
  const counter = seqCounter();
  const chat = conversationBuilder();
  const text = '"\\ü'.repeat(250_000);
  for (let n = 0; n < 20; n++) chat.message({ content: { text } });
  const batch = batchFor(chat, chat.events, counter);
  const last = batch.rows.at(-1);
  expect(await storage.commit({ ...batch, rows: [...batch.rows, ...(last ? [last] : [])] })).toEqual({
    conflict: 'entry',
  });
  expect(await storage.history.load([chat.conversationId])).toEqual(new Map());
  expect(await storage.commit(batch)).toEqual({ conflict: undefined });
  const newest = chat.events.slice(-1);
  expect(await storage.history.findByRef(newest.map(refOf))).toEqual(newest);
});

/** A group of 500 whose messages hold much, and what it takes to write and read them. */
async function writeAndRead(storage: Storage): Promise<void> {
  const ids = seededIds();
  const counter = seqCounter();
  const memberIds = Array.from({ length: 500 }, (_, n) => ids.userId(`member-with-a-long-name-${n}`));
  const chat = conversationBuilder({ ids, memberIds });
  for (let n = 0; n < 20; n++) chat.message({ content: { text: '"\\ü€'.repeat(1_000) } });
  expect(await storage.commit(batchFor(chat, chat.events, counter))).toEqual({ conflict: undefined });
  const deliveries = chat.events.flatMap((ref) => memberIds.map((userId) => ({ userId, ref: refOf(ref) })));
  expect(await storage.inbox.find(deliveries)).toHaveLength(deliveries.length);
  const bounds = await storage.inbox.bounds(memberIds);
  expect(new Set([...bounds.values()].map(({ head }) => head))).toEqual(new Set([chat.events.length]));
  expect(await storage.history.findByRef(chat.events.map(refOf))).toHaveLength(chat.events.length);
  await storage.probe();
}

test('a server that takes small packets: what is larger goes in parts, and none is refused', async () => {
  await using server = await startMariadb({ settings: ['max-allowed-packet=65536'] });
  await using database = await newDatabase('small', server);
  await writeAndRead(await opened(database.pool()));
});

test('packets made smaller while it runs: known with the first connection that is new', async () => {
  await using server = await startMariadb();
  await using database = await newDatabase('smaller', server);
  const pool = database.pool();
  const storage = await opened(pool);
  const admin = await mysql.createConnection(server.url).promise();
  await admin.query('set global max_allowed_packet = 65536');
  await new Promise<void>((resolve) => {
    pool.getConnection((_, connection) => {
      connection.destroy();
      resolve();
    });
  });
  await writeAndRead(storage);
  await admin.end();
});

test('a row that is larger than any packet is a defect of its own, told before it is sent', async () => {
  await using server = await startMariadb({ settings: ['max-allowed-packet=65536'] });
  await using database = await newDatabase('row', server);
  const storage = await opened(database.pool());
  const chat = conversationBuilder();
  chat.message({ content: { text: 'x'.repeat(70_000) } });
  await expect(storage.commit(batchFor(chat, chat.events, seqCounter()))).rejects.toThrow(
    /^mysql: a row takes 70\d\d\d bytes, and the server's max_allowed_packet is 65536$/,
  );
  await storage.probe();
});

test('rows are read the same, whatever the application has set for its own queries', async () => {
  await using database = await newDatabase('settings');
  const pool = database.pool({
    rowsAsArray: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    namedPlaceholders: true,
    typeCast: () => 'cast',
  });
  const storage = await opened(pool);
  const chat = conversationBuilder();
  chat.message({ content: hostileContent() });
  await storage.commit(batchFor(chat, chat.events, seqCounter()));
  const { conversationId, created } = chat;
  expect(await storage.history.findByRef(chat.events.map(refOf))).toEqual(expect.arrayContaining([...chat.events]));
  expect((await storage.history.range({ userId: created.actorId, conversationId, after: 0, limit: 5 })).events).toEqual(
    chat.events,
  );
  expect((await storage.history.conversations({ userId: created.actorId, limit: 5 })).conversations).toMatchObject([
    { head: 2, unread: 0 },
  ]);
});

test('a pool whose connections would break a promise is refused at open, and told why', async () => {
  await using database = await newDatabase('refused');
  await expect(opened(database.pool({ charset: 'latin1' }))).rejects.toThrow(
    "character_set_client = latin1 (must be = 'utf8mb4')",
  );
  for (const [statement, reason] of [
    ["set sql_mode = 'NO_BACKSLASH_ESCAPES'", 'NO_BACKSLASH_ESCAPES'],
    ['set autocommit = 0', 'autocommit'],
  ] as const) {
    const pool = database.pool();
    pool.on('connection', (connection) => connection.query(statement));
    await expect(opened(pool)).rejects.toThrow(reason);
  }
});

test('a lock that is not granted in time makes the store unavailable, and the batch can be repeated', async () => {
  await using database = await newDatabase('locks');
  const pool = database.pool();
  pool.on('connection', (connection) => connection.query('set innodb_lock_wait_timeout = 1'));
  const storage = await opened(pool);
  const counter = seqCounter();
  const chat = conversationBuilder();
  await storage.commit(batchFor(chat, chat.events, counter));
  const batch = batchFor(chat, [chat.message()], counter);

  const other = await mysql.createConnection(database.url).promise();
  await other.query('begin');
  await other.query('select * from tidemark_conversations for update');
  const refused = await storage.commit(batch).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(UnavailableError);
  expect((refused as UnavailableError).cause).toMatchObject({ errno: 1205 });
  expect(await storage.history.findByRef(batch.events.map(refOf))).toEqual([]);
  await other.query('rollback');
  await other.end();
  expect(await storage.commit(batch)).toEqual({ conflict: undefined });
});

test('a defect is not taken for a passing trouble', async () => {
  await using database = await newDatabase('defects');
  const pool = database.pool();
  const storage = await opened(pool);
  await pool.promise().query('drop table tidemark_events');
  const failed = await storage.history.append(conversationBuilder().events).catch((error: unknown) => error);
  expect(failed).toMatchObject({ code: 'ER_NO_SUCH_TABLE' });
});

test('a killed server makes the store unavailable, and after its restart the same store has all that was committed', async () => {
  await using server = await startMariadb();
  await using database = await newDatabase('killed', server);
  const storage = await opened(database.pool());
  const counter = seqCounter();
  const chat = conversationBuilder();
  await storage.commit(batchFor(chat, chat.events, counter));
  const batch = batchFor(chat, [chat.message()], counter);

  const inFlight = Array.from({ length: 4 }, () => storage.history.load([chat.conversationId]).catch(() => undefined));
  await server.kill9();
  await Promise.all(inFlight);
  await expect(storage.commit(batch)).rejects.toBeInstanceOf(UnavailableError);

  await server.restart();
  expect(await storage.commit(batch)).toEqual({ conflict: undefined });
  expect(await storage.history.findByRef(chat.events.map(refOf))).toHaveLength(2);
});

async function opened(pool: mysql.Pool): Promise<Storage> {
  const storage = mysqlStorage({ pool });
  await storage.open();
  return storage;
}

/** How many statements the pool's one connection has run. */
async function statements(pool: mysql.Pool): Promise<number> {
  const [rows] = await pool.promise().query<mysql.RowDataPacket[]>("show session status like 'Questions'");
  return Number(rows[0]?.Value);
}

/** A database of the test's own, and pools of one connection each on it. */
async function newDatabase(name: string, server: Service = service) {
  const url = new URL(server.url);
  const database = `${url.pathname.slice(1)}_${name}`;
  const asAdmin = async (statement: string): Promise<void> => {
    const admin = await mysql.createConnection(server.url).promise();
    await admin.query(statement);
    await admin.end();
  };
  await asAdmin(`create database ${database}`);
  url.pathname = `/${database}`;
  const pools: mysql.Pool[] = [];
  return {
    url: url.href,
    pool: (options: mysql.PoolOptions = {}): mysql.Pool => {
      const pool = mysql.createPool({ uri: url.href, connectionLimit: 1, ...options });
      pools.push(pool);
      return pool;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(pools.map((pool) => pool.promise().end()));
      await asAdmin(`drop database ${database}`);
    },
  };
}
