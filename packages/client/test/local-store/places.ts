import 'fake-indexeddb/auto';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { indexedDbLocalStore } from '@tidemark/client/indexeddb';
import { keyValueLocalStore } from '@tidemark/client/key-value';
import { sqliteLocalStore } from '@tidemark/client/sqlite';
import { deleteDB, openDB } from 'idb';
import Database from 'libsql';
import type { LocalStorePlace } from '../local-store-conformance.ts';
import { MemoryKeyValueStorage } from './memory-key-value-storage.ts';

/** A place to which things happen that no store does itself. All of them to what is kept of alice. */
export interface HarmedPlace extends LocalStorePlace {
  /** Someone else removes everything: the user, the browser, another program. */
  clear(): Promise<void>;
  /** One conversation, and one event, can no longer be read. */
  garble(): Promise<void>;
  /** It is now of a version that this build does not know. */
  outdate(): Promise<void>;
  /** All that is kept, of all users, byte for byte where that can be had. */
  raw(): Promise<string>;
}

let places = 0;

export function indexedDbPlace(): HarmedPlace {
  places += 1;
  const name = `place-${places}`;
  const made: ReturnType<typeof indexedDbLocalStore>[] = [];
  return {
    make: () => {
      const store = indexedDbLocalStore({ name });
      made.push(store);
      return store;
    },
    clear: () => deleteDB(`${name}/alice`),
    garble: async () => {
      const database = await openDB(`${name}/alice`);
      for (const store of ['conversations', 'events']) {
        const [key] = await database.getAllKeys(store);
        if (key !== undefined) await database.put(store, '{"torn', key);
      }
      database.close();
    },
    outdate: async () => (await openDB(`${name}/alice`, 99)).close(),
    raw: async () => {
      let raw = '';
      for (const { name: found = '' } of await indexedDB.databases()) {
        if (!found.startsWith(`${name}/`)) continue;
        const database = await openDB(found);
        for (const store of database.objectStoreNames) {
          raw += JSON.stringify([found, await database.getAllKeys(store), await database.getAll(store)]);
        }
        database.close();
      }
      return raw;
    },
    [Symbol.asyncDispose]: async () => {
      for (const store of made) await store.close();
    },
  };
}

export function sqlitePlace(): HarmedPlace {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-local-'));
  const path = join(folder, 'local.db');
  const opened: InstanceType<typeof Database>[] = [];
  const connect = (): InstanceType<typeof Database> => {
    const database = new Database(path);
    opened.push(database);
    return database;
  };
  return {
    make: () => sqliteLocalStore({ database: connect() }),
    clear: async () => {
      for (const table of ['users', 'conversations', 'events', 'drafts'])
        connect().exec(`delete from tidemark_${table}`);
    },
    garble: async () => {
      connect().exec(`update tidemark_conversations set row = '{"torn'`);
      connect().exec(`update tidemark_events set event = '{"torn'`);
    },
    outdate: async () => {
      connect().exec('update tidemark_version set version = 99');
    },
    raw: async () => {
      const files = await Promise.all([path, `${path}-wal`].map((file) => readFile(file, 'latin1').catch(() => '')));
      return files.join('');
    },
    [Symbol.asyncDispose]: async () => {
      for (const database of opened) database.close();
      rmSync(folder, { recursive: true });
    },
  };
}

export function keyValuePlace(): HarmedPlace {
  const storage = new MemoryKeyValueStorage('in bulk');
  return {
    make: () => keyValueLocalStore({ storage }),
    clear: async () => storage.items.clear(),
    garble: async () => {
      for (const key of storage.items.keys()) if (/^tidemark,alice,[ce],/.test(key)) storage.items.set(key, '[{"torn');
    },
    outdate: async () => {
      storage.items.set('tidemark,alice,meta', JSON.stringify({ version: 99, generation: 'g', cursor: null }));
    },
    raw: async () => JSON.stringify([...storage.items]),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
