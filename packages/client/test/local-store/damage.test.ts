import 'fake-indexeddb/auto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { indexedDbLocalStore } from '@tidemark/client/indexeddb';
import { keyValueLocalStore } from '@tidemark/client/key-value';
import { sqliteLocalStore } from '@tidemark/client/sqlite';
import type { CommandId, ConversationId, Cursor, UserId } from '@tidemark/core';
import { deleteDB, openDB } from 'idb';
import Database from 'libsql';
import { describe, expect, it } from 'vitest';
import type { Draft, LocalStore } from '../../src/index.ts';
import { MemoryKeyValueStorage } from './memory-key-value-storage.ts';

const alice = 'alice' as UserId;
const chat = 'd:alice,bob' as ConversationId;
const cursor = 'e:1' as Cursor;
const draft: Draft = {
  clientMessageId: 'a' as CommandId,
  conversationId: chat,
  message: { type: 'text', content: { text: 'unsent' } },
  at: 1,
  order: 1,
  failure: null,
};
const empty = { cursor: null, conversations: [], drafts: [] };

async function filled(store: LocalStore): Promise<LocalStore> {
  await store.open(alice);
  await store.transaction({ putDrafts: [draft], cursor });
  return store;
}

describe('a SQLite file', () => {
  function folder(): { path: string } & Disposable {
    const made = mkdtempSync(join(tmpdir(), 'tidemark-damage-'));
    return { path: join(made, 'local.db'), [Symbol.dispose]: () => rmSync(made, { recursive: true }) };
  }

  it('that is no database is made again by the application, when the store asks for it', async () => {
    using place = folder();
    const { path } = place;
    writeFileSync(path, 'this was a database once '.repeat(1_000));
    let [asked, database] = [0, new Database(path)];
    const recreate = (): InstanceType<typeof Database> => {
      asked += 1;
      database.close();
      for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
      database = new Database(path);
      return database;
    };
    const store = sqliteLocalStore({ database, recreate });
    await expect(store.open(alice)).rejects.toMatchObject({ name: 'LocalStoreError', problem: 'corrupt' });
    expect(asked).toBe(0);
    await store.open(alice);
    expect(asked).toBe(1);
    expect(await store.load()).toEqual(empty);
    await store.transaction({ cursor });
    expect((await store.load()).cursor).toBe(cursor);
    database.close();
  });

  it('that may not grow rejects as full, changes nothing, and works again when it may', async () => {
    using place = folder();
    const database = new Database(place.path);
    const store = await filled(sqliteLocalStore({ database }));
    const { page_count: pages } = database.prepare('pragma page_count').get() as { page_count: number };
    database.prepare(`pragma max_page_count = ${pages}`).get();
    const big = { ...draft, message: { type: 'text', content: { text: 'x'.repeat(1_000_000) } } };
    const changes = { putDrafts: [big], cursor: 'e:2' as Cursor };
    await expect(store.transaction(changes)).rejects.toMatchObject({ name: 'LocalStoreError', problem: 'full' });
    expect(await store.load()).toEqual({ ...empty, cursor, drafts: [draft] });
    database.prepare('pragma max_page_count = 1000000').get();
    await store.transaction(changes);
    expect((await store.load()).cursor).toBe('e:2');
    database.close();
  });
});

describe('an IndexedDB database', () => {
  it('that lacks its object stores is deleted and made anew', async () => {
    (await openDB('bare/alice', 1)).close();
    const store = indexedDbLocalStore({ name: 'bare' });
    await expect(store.open(alice)).rejects.toMatchObject({ name: 'LocalStoreError', problem: 'corrupt' });
    await store.open(alice);
    expect(await store.load()).toEqual(empty);
    await store.close();
  });

  it('that was deleted under an open store is not written to, nor read as if it were empty', async () => {
    const store = await filled(indexedDbLocalStore({ name: 'gone' }));
    await deleteDB('gone/alice');
    await expect(store.events({ conversationId: chat, limit: 1 })).rejects.toMatchObject({ problem: 'evicted' });
    await expect(store.transaction({ cursor: 'e:2' as Cursor })).rejects.toThrow('not open');
    await store.open(alice);
    expect(await store.load()).toEqual(empty);
    await store.close();
  });

  it('keeps the drafts that can be read, and drops the one that cannot', async () => {
    const store = await filled(indexedDbLocalStore({ name: 'torn' }));
    const database = await openDB('torn/alice');
    await database.put('drafts', '{"torn', 'b');
    database.close();
    await expect(store.load()).rejects.toMatchObject({ problem: 'corrupt' });
    await store.open(alice);
    expect(await store.load()).toEqual({ ...empty, drafts: [draft] });
    await store.close();
  });
});

describe('a key-value storage', () => {
  it('whose journal cannot be read opens anew with the drafts that can', async () => {
    const storage = new MemoryKeyValueStorage('in bulk');
    await filled(keyValueLocalStore({ storage }));
    storage.items.set('tidemark,alice,journal', '{"pieces":2}');
    storage.items.set('tidemark,alice,journal,0', '{"set":[["torn');
    const store = keyValueLocalStore({ storage });
    await expect(store.open(alice)).rejects.toMatchObject({ name: 'LocalStoreError', problem: 'corrupt' });
    await store.open(alice);
    expect(await store.load()).toEqual({ ...empty, drafts: [draft] });
    expect([...storage.items.keys()].filter((key) => key.includes('journal'))).toEqual([]);
  });

  it('that has no room rejects as full', async () => {
    const storage = new MemoryKeyValueStorage('in bulk');
    const store = await filled(keyValueLocalStore({ storage }));
    const setItem = storage.setItem.bind(storage);
    storage.setItem = () => Promise.reject(new Error('database or disk is full (code 13 SQLITE_FULL)'));
    await expect(store.transaction({ cursor: 'e:2' as Cursor })).rejects.toMatchObject({ problem: 'full' });
    storage.setItem = setItem;
    expect((await store.load()).cursor).toBe(cursor);
  });
});
