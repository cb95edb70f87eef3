import { directConversationId, type Storage, UnavailableError } from '@tidemark/core';
import { mysqlStorage } from '@tidemark/storage-mysql';
import { createPool, type Pool } from 'mysql2/promise';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sendUntilReceipt } from '../support/send-until-receipt.ts';
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

const row = { userId: 'alice', seq: 1, ref: null, at: Date.now() } as never;

test('a transaction that somebody left open: what is written is stored, and what they wrote is not', async () => {
  await using store = await openStore();
  await other.query(`create table ${store.database}.theirs (n int)`);
  await onEach(store.pool, 'start transaction');
  await onEach(store.pool, 'insert into theirs values (1)');
  expect(await store.storage.inbox.append([row])).toEqual({ conflict: undefined });
  await store.storage.commit({ events: [], rows: [{ ...(row as object), seq: 2 } as never] });
  expect(store.warnings.join()).toContain('somebody began');
  const [rows] = await other.query(`select count(*) as n from ${store.database}.tidemark_inbox`);
  expect(rows).toEqual([{ n: 2 }]);
  await onEach(store.pool, 'select 1');
  const [theirs] = await other.query(`select count(*) as n from ${store.database}.theirs`);
  expect(theirs).toEqual([{ n: 0 }]);
});

/** As a writer does. */
async function untilAvailable<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
    }
  }
}

test.each([
  ['a transaction that somebody left open with a snapshot', 'start transaction with consistent snapshot'],
  ['autocommit off, and a snapshot', 'set autocommit = 0; select count(*) from tidemark_inbox'],
  ['an isolation that reads what is not committed', 'set session transaction isolation level read uncommitted'],
  ['a limit to the rows of every answer', 'set sql_select_limit = 1'],
  ['another charset', 'set names latin1'],
  ['another database', 'use mysql'],
  ['another sql_mode', "set sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES,ORACLE'"],
  ['no check of unique keys', 'set unique_checks = 0'],
  ['the next transaction read-only', 'set transaction read only'],
])('%s: what is read there is what is stored, and so is what is written', async (_, texts) => {
  await using store = await openStore();
  for (const text of texts.split('; ')) await onEach(store.pool, text);
  const separate = createPool({ uri: store.uri });
  const writer = mysqlStorage({ pool: separate });
  await writer.open();
  await writer.commit({ events: [], rows: [1, 2, 3].map((seq) => ({ ...(row as object), seq }) as never) });
  // Written, and not stored.
  const unsettled = await separate.getConnection();
  await unsettled.query('start transaction');
  await unsettled.query("insert into tidemark_inbox (user_id, seq, at) values ('alice', 4, 1)");

  // On every connection that the pool has.
  for (const seqs of await Promise.all(
    Array.from({ length: 4 }, () => store.storage.inbox.seqs('alice' as never, 0, 10)),
  )) {
    expect(seqs).toEqual([1, 2, 3]);
  }
  await unsettled.query('rollback');
  unsettled.release();
  // That a next transaction is to be read-only, the first write says.
  const append = () => store.storage.inbox.append([{ ...(row as object), seq: 4 } as never]);
  const outcome = await untilAvailable(append);
  expect(outcome).toEqual({ conflict: undefined });
  expect(await writer.inbox.seqs('alice' as never, 0, 10)).toEqual([1, 2, 3, 4]);
  await writer.close();
  await separate.end();
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

test('packets made small while people send much: batches go in parts, and nobody is told a failure', async () => {
  await using store = await openStore();
  const failures: unknown[] = [];
  const commit: Storage['commit'] = (batch) =>
    store.storage.commit(batch).catch((error: unknown) => {
      failures.push(error);
      throw error;
    });
  await using scene = await startStoreScene({ storage: { ...store.storage, commit }, partitions: 1 });
  await scene.send('before', 1);
  await other.query('set global max_allowed_packet = 65536');
  try {
    const [rows] = await other.query('select id from information_schema.processlist where db = ?', [store.database]);
    for (const { id } of rows as { id: number }[]) await other.query('kill ?', [id]);
    const text = '"\\\u00fc'.repeat(2_000);
    const conversationId = directConversationId('alice', 'bob');
    const sent = Array.from({ length: 30 }, (_, n) =>
      sendUntilReceipt(scene.clientOf('alice'), { conversationId, clientMessageId: `large-${n}`, text }),
    );
    for (const [n, receipt] of (await Promise.all(sent)).entries()) expect(receipt.clientMessageId).toBe(`large-${n}`);
  } finally {
    await other.query('set global max_allowed_packet = default');
  }
  // Not even one that would be made good by smaller batches.
  expect(failures).toEqual([]);
});
