import 'fake-indexeddb/auto';
import { indexedDbLocalStore } from '@tidemark/client/indexeddb';
import { keyValueLocalStore } from '@tidemark/client/key-value';
import { sqliteLocalStore } from '@tidemark/client/sqlite';
import type { ConversationId, Cursor, UserId } from '@tidemark/core';
import { openDB } from 'idb';
import Database from 'libsql';
import { describe, expect, it } from 'vitest';
import type { LocalStore } from '../../src/index.ts';
import { indexedDbLocalStoreOf } from '../../src/local-store/indexeddb-local-store.ts';
import { INDEXEDDB_MIGRATIONS } from '../../src/local-store/indexeddb-migrations.ts';
import { keyValueLocalStoreOf } from '../../src/local-store/key-value-local-store.ts';
import type { KeyValueMigration } from '../../src/local-store/key-value-opening.ts';
import { migrateSqlite, SQLITE_MIGRATIONS } from '../../src/local-store/sqlite-migrations.ts';
import { MemoryKeyValueStorage } from './memory-key-value-storage.ts';
import { CONTENTS, INDEXED_DB, KEY_VALUE, SQLITE } from './version-1.ts';

const alice = 'alice' as UserId;
const chat = 'd:alice,bob' as ConversationId;

async function expectEverything(store: LocalStore): Promise<void> {
  await store.open(alice);
  const { events, ...state } = CONTENTS;
  expect(await store.load()).toEqual(state);
  expect(await store.events({ conversationId: chat, after: 0, limit: 10 })).toEqual(events);
  await store.transaction({ cursor: 'e:3' as Cursor });
  expect((await store.load()).cursor).toBe('e:3');
}

async function indexedDbOfVersion1(name: string): Promise<void> {
  const database = await openDB(`${name}/alice`, 1, {
    upgrade: (fresh) => {
      for (const store of Object.keys(INDEXED_DB)) fresh.createObjectStore(store);
    },
  });
  for (const [store, entries] of Object.entries(INDEXED_DB)) {
    for (const [key, value] of entries) await database.put(store, value, key);
  }
  database.close();
}

describe('a local store of version 1', () => {
  it('is found whole in SQLite', async () => {
    const database = new Database(':memory:');
    database.exec(SQLITE);
    await expectEverything(sqliteLocalStore({ database }));
    database.close();
  });

  it('is found whole in IndexedDB', async () => {
    await indexedDbOfVersion1('v1');
    const store = indexedDbLocalStore({ name: 'v1' });
    await expectEverything(store);
    await store.close();
  });

  it('is found whole in a key-value storage', async () => {
    await expectEverything(keyValueLocalStore({ storage: new MemoryKeyValueStorage('in bulk', KEY_VALUE) }));
  });
});

describe('migrations', () => {
  it('of SQLite happen all or none, in their order', () => {
    const database = new Database(':memory:');
    database.exec(SQLITE);
    const add = 'alter table tidemark_drafts add column priority integer';
    const use = 'update tidemark_drafts set priority = 7';
    expect(() => migrateSqlite(database, [...SQLITE_MIGRATIONS, add, 'this is no statement'])).toThrow();
    expect(database.prepare('select version from tidemark_version').get()).toMatchObject({ version: 1 });
    migrateSqlite(database, [...SQLITE_MIGRATIONS, add, use]);
    expect(database.prepare('select version from tidemark_version').get()).toMatchObject({ version: 3 });
    expect(database.prepare('select priority from tidemark_drafts').get()).toMatchObject({ priority: 7 });
    expect(() => migrateSqlite(database)).toThrow('has version 3');
    database.close();
  });

  it('of IndexedDB go on while an older tab has it open, which is told that it is the older one', async () => {
    await indexedDbOfVersion1('upgraded');
    const older = indexedDbLocalStore({ name: 'upgraded' });
    await older.open(alice);
    const seen: string[] = [];
    const newer = indexedDbLocalStoreOf('upgraded', [
      ...INDEXEDDB_MIGRATIONS,
      (database) => void database.createObjectStore('marks'),
      (database) => void seen.push(...database.objectStoreNames),
    ]);
    await expectEverything(newer);
    expect(seen).toContain('marks');
    await expect(older.transaction({ cursor: 'e:9' as Cursor })).rejects.toMatchObject({ problem: 'newer' });
    expect((await newer.load()).cursor).toBe('e:3');
    await older.close();
    await newer.close();
  });

  it('of a key-value storage happen each wholly or not at all, whichever call the process dies in', async () => {
    const rename: KeyValueMigration = async (keys, get) => {
      const from = keys.filter((key) => key.startsWith('d,'));
      const set = new Map(await Promise.all(from.map(async (key) => [`n${key}`, (await get(key)) ?? ''] as const)));
      return { set, remove: from };
    };
    const back: KeyValueMigration = async (keys, get) => {
      const from = keys.filter((key) => key.startsWith('nd,'));
      const set = new Map(await Promise.all(from.map(async (key) => [key.slice(1), (await get(key)) ?? ''] as const)));
      return { set, remove: from };
    };
    let dead = true;
    for (let failAt = 0; dead; failAt += 1) {
      const dying = new MemoryKeyValueStorage('one by one', KEY_VALUE);
      dying.failAt = failAt;
      dead = await keyValueLocalStoreOf(dying, 'tidemark', [rename, back])
        .open(alice)
        .then(
          () => false,
          () => true,
        );
      const storage = new MemoryKeyValueStorage('one by one', dying.items);
      await expectEverything(keyValueLocalStoreOf(storage, 'tidemark', [rename, back]));
      expect(storage.items.get('tidemark,alice,meta')).toContain('"version":3');
    }
  });
});
