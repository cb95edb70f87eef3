import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyValueLocalStore } from '@tidemark/client/key-value';
import { sqliteLocalStore } from '@tidemark/client/sqlite';
import type { CommandId, ConversationId, Cursor, UserId } from '@tidemark/core';
import Database from 'libsql';
import { describe, expect, it } from 'vitest';
import type { Draft, LocalStore } from '../../src/index.ts';
import { MemoryKeyValueStorage } from './memory-key-value-storage.ts';
import { sentMessage } from './sent-message.ts';

const alice = 'alice' as UserId;
const chat = 'd:alice,bob' as ConversationId;
const cursor = 'e:1' as Cursor;

function draft(id: string): Draft {
  return {
    clientMessageId: id as CommandId,
    conversationId: chat,
    message: { type: 'text', content: { text: `unsent ${id}` } },
    at: 1,
    order: 1,
    failure: null,
  };
}

/** Again and again, as a client does. */
async function surely<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; attempt < 5; attempt += 1) {
    try {
      return await work();
    } catch {}
  }
  return work();
}

function opened(store: LocalStore): Promise<LocalStore> {
  return surely(async () => {
    await store.open(alice);
    await store.load();
    return store;
  });
}

describe('what a key-value storage cannot give for a moment', () => {
  async function filled() {
    const storage = new MemoryKeyValueStorage('one by one');
    const store = keyValueLocalStore({ storage });
    await store.open(alice);
    await store.transaction({
      events: [sentMessage(chat, 1, 'kept')],
      putDrafts: [draft('a'), { ...draft('long'), message: { type: 'text', content: { text: 'x'.repeat(500_000) } } }],
      cursor,
    });
    const [before, events] = [await store.load(), await store.events({ conversationId: chat, limit: 10 })];
    await store.close();
    return { storage, before, events };
  }

  /** How many calls of `getItem` an open, a load and a read of events make. */
  const CALLS = 20;

  for (const how of ['nothing', 'an error'] as const) {
    it(`is never taken for lost, whichever value it is (${how} once)`, async () => {
      for (let call = 0; call < CALLS; call += 1) {
        const { storage, before, events } = await filled();
        const getItem = storage.getItem.bind(storage);
        let calls = 0;
        storage.getItem = async (key) => {
          calls += 1;
          if (calls !== call + 1) return getItem(key);
          if (how === 'an error') throw new Error('the storage is busy');
          return null;
        };
        const store = await opened(keyValueLocalStore({ storage }));
        expect(await surely(() => store.events({ conversationId: chat, limit: 10 }))).toEqual(events);
        expect(await surely(store.load)).toEqual(before);
      }
    });
  }

  it('is not lost either when it is what a crash left to be carried out', async () => {
    for (let call = 0; call < CALLS; call += 1) {
      const { storage, before } = await filled();
      const store = await opened(keyValueLocalStore({ storage }));
      const [first, second] = [draft('b'), draft('c')];
      // The process dies behind the commit.
      const setItem = storage.setItem.bind(storage);
      let isDead = false;
      storage.setItem = async (key, value) => {
        if (isDead) throw new Error('the process died');
        await setItem(key, value);
        isDead = key.endsWith(',journal');
      };
      await store.transaction({ putDrafts: [first, second] });
      storage.setItem = setItem;
      const getItem = storage.getItem.bind(storage);
      let calls = 0;
      storage.getItem = async (key) => {
        calls += 1;
        return calls === call + 1 ? null : getItem(key);
      };
      const again = await opened(keyValueLocalStore({ storage }));
      expect((await surely(again.load)).drafts).toHaveLength(before.drafts.length + 2);
    }
  });

  it('keeps a draft aside that cannot be read', async () => {
    const { storage, before } = await filled();
    storage.items.set('tidemark,alice,d,torn', '{"torn');
    const store = await opened(keyValueLocalStore({ storage }));
    expect((await store.load()).drafts).toEqual(before.drafts);
    expect([...storage.items].filter(([key]) => key.includes('torn'))).toEqual([
      ['tidemark,alice,aside,torn', '{"torn'],
    ]);
  });

  it.each([
    new Error('database or disk is full (code 13 SQLITE_FULL)'),
    new Error('You can’t save the file because the volume is out of space.'),
    Object.assign(new Error('write failed'), { code: 'ENOSPC' }),
    new DOMException('Persistent storage maximum size reached', 'NS_ERROR_DOM_QUOTA_REACHED'),
    { message: 'No space left on device' },
  ])('is full when the storage says so in its words: %s', async (error) => {
    const { storage } = await filled();
    const store = await opened(keyValueLocalStore({ storage }));
    storage.setItem = () => Promise.reject(error);
    await expect(store.transaction({ putDrafts: [draft('b')] })).rejects.toMatchObject({ problem: 'full' });
  });
});

describe('what a SQLite file cannot give for a moment', () => {
  function folder(): { path: string } & Disposable {
    const made = mkdtempSync(join(tmpdir(), 'tidemark-passing-'));
    return { path: join(made, 'local.db'), [Symbol.dispose]: () => rmSync(made, { recursive: true }) };
  }

  /** The database, whose statements for drafts fail as the disk may. */
  function troubled(database: InstanceType<typeof Database>, code: string) {
    let [failures, failed] = [0, 0];
    const fail = (): void => {
      if (failures === 0) return;
      failures -= 1;
      failed += 1;
      throw Object.assign(new Error('disk I/O error'), { code });
    };
    return {
      exec: (sql: string) => database.exec(sql),
      prepare: (sql: string) => {
        const statement = database.prepare(sql);
        const isOfDrafts = sql.includes('draft from tidemark_drafts');
        return {
          run: (...given: unknown[]) => statement.run(...given),
          get: (...given: unknown[]) => {
            if (isOfDrafts) fail();
            return statement.get(...given);
          },
          all: (...given: unknown[]) => {
            if (isOfDrafts) fail();
            return statement.all(...given);
          },
        };
      },
      trouble: (times: number) => {
        failures = times;
      },
      get failed() {
        return failed;
      },
    };
  }

  it.each(['SQLITE_IOERR', 'SQLITE_BUSY', 'SQLITE_LOCKED', 'SQLITE_NOMEM'])(
    'is not destroyed when a repair meets it (%s)',
    async (code) => {
      using place = folder();
      const raw = new Database(place.path);
      const database = troubled(raw, code);
      const store = sqliteLocalStore({ database });
      await store.open(alice);
      await store.transaction({ putDrafts: [draft('a'), draft('b')], cursor });
      raw.exec(`update tidemark_drafts set draft = '{"torn' where client_message_id = 'b'`);
      await expect(store.load()).rejects.toMatchObject({ problem: 'corrupt' });
      database.trouble(2);
      await opened(store);
      expect(database.failed).toBe(2);
      expect((await store.load()).drafts).toEqual([draft('a')]);
      // The other is kept aside, for whoever looks into it.
      expect(raw.prepare('select client_message_id as id, draft from tidemark_drafts order by 1').all()).toEqual([
        { id: 'a', draft: JSON.stringify(draft('a')) },
        { id: 'unreadable draft b', draft: '{"torn' },
      ]);
      raw.close();
    },
  );

  it('is written later when another process has it locked', async () => {
    using place = folder();
    const [own, other] = [new Database(place.path), new Database(place.path)];
    own.exec('pragma busy_timeout = 0');
    const store = sqliteLocalStore({ database: own });
    await store.open(alice);
    other.exec('begin immediate');
    await expect(store.transaction({ putDrafts: [draft('a')] })).rejects.not.toMatchObject({ name: 'LocalStoreError' });
    other.exec('commit');
    await store.transaction({ putDrafts: [draft('a')] });
    expect((await store.load()).drafts).toEqual([draft('a')]);
    for (const database of [own, other]) database.close();
  });

  it('of a file that is damaged is copied, for every user, before the application makes it anew', async () => {
    using place = folder();
    const { path } = place;
    let database = new Database(path);
    const first = sqliteLocalStore({ database });
    for (const user of [alice, 'bob' as UserId]) {
      await first.open(user);
      const events = Array.from({ length: 400 }, (_, index) => sentMessage(chat, index + 1, 'x'.repeat(300)));
      await first.transaction({ events, putDrafts: [draft(`of ${user}`.replace(' ', '-'))], cursor });
    }
    database.prepare('pragma wal_checkpoint(truncate)').all();
    damagePages(database, path, 'tidemark_events');
    database.close();
    database = new Database(path);
    const recreate = () => {
      database.close();
      for (const suffix of ['', '-wal', '-shm']) {
        rmSync(`${path}${suffix}.aside`, { force: true });
        try {
          renameSync(path + suffix, `${path}${suffix}.aside`);
        } catch {}
      }
      database = new Database(path);
      return database;
    };
    const store = sqliteLocalStore({ database, recreate });
    await store.open(alice);
    await expect(store.events({ conversationId: chat, limit: 1_000 })).rejects.toMatchObject({ problem: 'corrupt' });
    await opened(store);
    expect((await store.load()).drafts).toEqual([draft('of-alice')]);
    await store.open('bob' as UserId);
    expect((await store.load()).drafts).toEqual([draft('of-bob')]);
    database.close();
  });
});

/** Overwrites every page but the first of a table. */
function damagePages(database: InstanceType<typeof Database>, path: string, table: string): void {
  const { page_size: size } = database.prepare('pragma page_size').get() as { page_size: number };
  const { root } = database.prepare('select rootpage as root from sqlite_master where name = ?').get(table) as {
    root: number;
  };
  const file = readFileSync(path);
  file.fill(0xff, (root - 1) * size, root * size);
  writeFileSync(path, file);
}
