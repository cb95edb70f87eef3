import { copyFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeStorage, UnavailableError } from '@tidemark/core';
import { batchFor, conversationBuilder, refOf, seqCounter } from '@tidemark/testkit';
import Database from 'libsql';
import { expect, test } from 'vitest';
import { type SqliteOptions, sqliteHistory, sqliteInbox, sqliteStorage } from '../src/index.ts';

test('options that break their rule are refused by name', () => {
  const refused = (options: unknown) => expect(() => sqliteStorage(options as SqliteOptions));
  refused({}).toThrow(/^path must be/);
  refused({ path: '' }).toThrow(/^path must be/);
  refused({ path: ':memory:', busyTimeoutMs: -1 }).toThrow(/^busyTimeoutMs must be/);
  refused({ path: ':memory:', busyTimeoutMs: 1.5 }).toThrow(/^busyTimeoutMs must be/);
});

test('capabilities say that a file survives the machine, and memory nothing', () => {
  expect(sqliteStorage({ path: 'chat.db' }).capabilities).toEqual({
    name: 'sqlite',
    atomic: true,
    survives: 'machine',
  });
  expect(sqliteStorage({ path: ':memory:' }).capabilities.survives).toBe('nothing');
  const composed = (history: string, inbox: string) =>
    composeStorage({ history: sqliteHistory({ path: history }), inbox: sqliteInbox({ path: inbox }) });
  expect(composed('history.db', 'inbox.db').capabilities.survives).toBe('machine');
  expect(composed('history.db', ':memory:').capabilities.survives).toBe('nothing');
});

test('a store that is not open says so', async () => {
  const storage = sqliteStorage({ path: ':memory:' });
  await expect(storage.history.load([conversationBuilder().conversationId])).rejects.toThrow('open() it first');
  expect(() => storage.inbox.epoch).toThrow('open() it first');
});

test('a closed store is whole in its file: nothing is left in the log beside it', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'chat.db');
  const chat = conversationBuilder();
  const storage = sqliteStorage({ path });
  await storage.open();
  await storage.commit(batchFor(chat, chat.events, seqCounter()));
  await storage.close();
  const log = await stat(`${path}-wal`).catch(() => ({ size: 0 }));
  expect(log.size).toBe(0);
  const copy = sqliteStorage({ path: join(folder.path, 'copy.db') });
  await copyFile(path, join(folder.path, 'copy.db'));
  await copy.open();
  expect((await copy.history.load([chat.conversationId])).size).toBe(1);
  await copy.close();
});

test('the folder is made, and the file is in WAL mode', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'a', 'b', 'chat.db');
  const storage = sqliteStorage({ path });
  await storage.open();
  await storage.close();
  const database = new Database(path);
  expect(database.prepare('pragma journal_mode').all()).toEqual([{ journal_mode: 'wal' }]);
  database.close();
});

test('stores that open one new file at once all succeed, and share the epoch', async () => {
  await using folder = await temporaryFolder();
  const storages = Array.from({ length: 5 }, () => sqliteStorage({ path: join(folder.path, 'chat.db') }));
  await Promise.all(storages.map((storage) => storage.open()));
  expect(new Set(storages.map((storage) => storage.inbox.epoch)).size).toBe(1);
  await Promise.all(storages.map((storage) => storage.close()));
});

test('a closed store opens again on the same contents', async () => {
  await using folder = await temporaryFolder();
  const storage = sqliteStorage({ path: join(folder.path, 'chat.db') });
  await storage.open();
  await storage.open();
  const chat = conversationBuilder();
  await storage.commit(batchFor(chat, chat.events, seqCounter()));
  await storage.close();
  await storage.close();
  await storage.open();
  expect(await storage.history.findByRef([refOf(chat.created)])).toEqual(chat.events);
  await storage.close();
});

test('another writer of the file is waited for without blocking the event loop, then the store is unavailable', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'chat.db');
  const [patient, hasty] = [sqliteStorage({ path, busyTimeoutMs: 60_000 }), sqliteStorage({ path, busyTimeoutMs: 20 })];
  await patient.open();
  await hasty.open();
  const chat = conversationBuilder();
  const batch = batchFor(chat, chat.events, seqCounter());

  const other = new Database(path);
  other.exec('begin immediate');
  const waiting = patient.commit(batch);
  const refused = await hasty.commit(batch).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(UnavailableError);
  expect((refused as UnavailableError).cause).toMatchObject({ code: 'SQLITE_BUSY' });
  // Were the wait not on the event loop, the lock could not be released here.
  other.exec('rollback');
  other.close();

  expect(await waiting).toEqual({ conflict: undefined });
  expect(await hasty.commit(batch)).toEqual({ conflict: 'event' });
  await Promise.all([patient.close(), hasty.close()]);
});

async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'tidemark-sqlite-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}
