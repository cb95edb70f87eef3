import { mysqlStorage } from '@tidemark/storage-mysql';
import { createPool, type Pool } from 'mysql2/promise';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startMariadb } from '../support/services/mariadb.ts';
import type { Service } from '../support/services/service.ts';
import { startStoreScene, throughIllness } from '../support/store-scene.ts';

let service: Service;
/** Of the one who makes the store ill. */
let other: Pool;
let databases = 0;

beforeAll(async () => {
  service = await startMariadb();
  other = createPool({ uri: service.url, multipleStatements: true });
});

afterAll(async () => {
  await other.end();
  await service[Symbol.asyncDispose]();
});

/** A database of its own, the pool that the application hands in, and the storage on it. */
async function openStore() {
  databases += 1;
  const database = `ill_${databases}`;
  await other.query(`create database ${database}`);
  const uri = new URL(service.url);
  uri.pathname = `/${database}`;
  const pool = createPool({ uri: uri.href, connectionLimit: 4 });
  const warnings: string[] = [];
  const storage = mysqlStorage({ pool, onWarning: (warning) => warnings.push(warning) });
  await storage.open();
  return {
    database,
    uri: uri.href,
    pool,
    storage,
    warnings,
    [Symbol.asyncDispose]: async () => {
      await storage.close();
      await pool.end();
    },
  };
}

/** Runs a text on every connection that the pool has idle. */
async function onEach(pool: Pool, text: string): Promise<void> {
  const connections = await Promise.all(Array.from({ length: 4 }, () => pool.getConnection()));
  for (const connection of connections) await connection.query(text);
  for (const connection of connections) connection.release();
}

test.each([
  ['an error of its own', "signal sqlstate '45000' set message_text = 'never seen', mysql_errno = 31047"],
  [
    'the error of a node outside its cluster',
    "signal sqlstate '08S01' set message_text = 'WSREP has not yet prepared node', mysql_errno = 1047",
  ],
])('every row refused with %s: everything waits and nothing is refused', async (_, signal) => {
  await using store = await openStore();
  await using scene = await startStoreScene({ storage: store.storage });
  await throughIllness(scene, {
    begin: () =>
      other.query(`create trigger ${store.database}.refuse before insert on ${store.database}.tidemark_inbox
        for each row begin ${signal}; end`),
    end: () => other.query(`drop trigger ${store.database}.refuse`),
  });
  await scene.assertStored(store.storage);
});

test('sql_safe_updates for all new connections, and given up later', async () => {
  await using store = await openStore();
  await using scene = await startStoreScene({ storage: store.storage });
  await throughIllness(scene, {
    begin: async () => {
      await other.query('set global sql_safe_updates = 1');
      await onEach(store.pool, 'set session sql_safe_updates = 1');
    },
    end: () => other.query('set global sql_safe_updates = 0'),
  });
  await scene.assertStored(store.storage);
});

test.each([
  ['a transaction that somebody left open', 'start transaction'],
  ['autocommit that somebody turned off', 'set autocommit = 0'],
  ['connections that somebody made read-only', 'set session transaction read only'],
])('%s: receipts are of what is stored', async (_, text) => {
  await using store = await openStore();
  await using scene = await startStoreScene({ storage: store.storage });
  await scene.send('before', 2);
  await onEach(store.pool, text);
  await scene.send('after', 2);
  expect(scene.deadLettered).toEqual([]);
  // By connections that have nothing to do with them.
  const separate = createPool({ uri: store.uri });
  const seen = mysqlStorage({ pool: separate });
  await seen.open();
  await scene.assertStored(seen);
  await seen.close();
  await separate.end();
});

test('a row written alone in a transaction that somebody left open is not taken for stored', async () => {
  await using store = await openStore();
  await onEach(store.pool, 'start transaction');
  const row = { userId: 'alice', seq: 1, ref: null, at: Date.now() };
  const outcome = await store.storage.inbox.append([row as never]).catch((error: unknown) => error);
  expect(outcome).toMatchObject({ name: 'UnavailableError' });
  expect(store.warnings.join()).toContain('somebody began');
  const [rows] = await other.query(`select count(*) as n from ${store.database}.tidemark_inbox`);
  expect(rows).toEqual([{ n: 0 }]);
});

test('another database chosen on the connections of the pool: the tables stay where they were', async () => {
  await using elsewhere = await openStore();
  await using store = await openStore();
  await using scene = await startStoreScene({ storage: store.storage });
  await scene.send('before', 2);
  await onEach(store.pool, `use ${elsewhere.database}`);
  await scene.send('after', 2);
  await scene.assertStored(store.storage);
  const [rows] = await other.query(`select count(*) as n from ${elsewhere.database}.tidemark_events`);
  expect(rows).toEqual([{ n: 0 }]);
});
