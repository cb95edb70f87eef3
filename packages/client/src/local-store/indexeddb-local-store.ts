import type { Cursor, Event, UserId } from '@tidemark/core';
import { deleteDB, type IDBPDatabase, openDB, unwrap } from 'idb';
import { CHUNK, type ChunkOfEvents, chunkOf, groupByChunk, mergeChunk, pick } from './event-chunks.ts';
import { INCARNATION, INDEXEDDB_MIGRATIONS, type IndexedDbMigration } from './indexeddb-migrations.ts';
import type { Draft, LocalChanges, LocalEventsQuery, LocalState, LocalStore } from './local-store.ts';
import { isLost, LocalStoreError } from './local-store-error.ts';
import { byOrder, newIncarnation, readConversation, readDraft, readEvents } from './stored-json.ts';

export interface IndexedDbLocalStoreOptions {
  /** The databases are named `<name>/<userId>`, one a user. Default `tidemark`. */
  readonly name?: string;
}

/** Of an open store. */
interface Session {
  /** Of the data that `open` found; `null` after `erase`: the next transaction begins anew. */
  incarnation: string | null;
}

type Stores = 'meta' | 'conversations' | 'events' | 'drafts';
type Database = IDBPDatabase<Record<Stores, { key: IDBValidKey; value: string }>>;

const ALL: readonly Stores[] = ['meta', 'conversations', 'events', 'drafts'];
/** Browsers give UnknownError for a damaged database, and for passing trouble: so many in a row are believed. */
const STRIKES = 3;
/** More events than that are read without a cursor. */
const AT_ONCE = 500;

/**
 * A LocalStore in IndexedDB. A database per user: signing out deletes it whole, and keys stay short. Several tabs may have
 * it open; a tab in the way of a newer version or of a deletion lets go of it.
 *
 * Transactions are durable in the sense of `relaxed`: they survive the tab and the browser, and a power loss may take the
 * last ones, always as a whole. Those that put drafts are `strict`, on the disk before they resolve: what the server has
 * comes again, a draft would not.
 */
export function indexedDbLocalStore(options: IndexedDbLocalStoreOptions = {}): LocalStore {
  return indexedDbLocalStoreOf(options.name ?? 'tidemark', INDEXEDDB_MIGRATIONS);
}

/** @param migrations those of the version to be; their number is the version. */
export function indexedDbLocalStoreOf(name: string, migrations: readonly IndexedDbMigration[]): LocalStore {
  let user: UserId | undefined;
  let connecting: Promise<Database> | undefined;
  let session: Session | undefined;
  /** What it held cannot be read: the next `open` repairs. */
  let broken = false;
  let strikes = 0;
  let lastWrite: Promise<unknown> = Promise.resolve();

  // ── Connection ───────────────────────────────────────────────────────────────────────────────────────────────────

  function databaseName(): string {
    if (user === undefined) throw new Error('the local store is not open');
    return `${name}/${user}`;
  }

  /** The open connection; made again when the browser or another tab ended it. */
  function connect(): Promise<Database> {
    if (connecting) return connecting;
    const opening: Promise<Database> = new Promise((resolve, reject) => {
      const letGo = (): void => {
        if (connecting === opening) connecting = undefined;
      };
      openDB<Record<Stores, { key: IDBValidKey; value: string }>>(databaseName(), migrations.length, {
        upgrade: (database, from, _to, transaction) => {
          for (const migrate of migrations.slice(from)) migrate(unwrap(database), unwrap(transaction));
        },
        blocking: (_current, _blocked, event) => {
          letGo();
          (event.target as IDBDatabase).close();
        },
        terminated: letGo,
        // Other tabs of this code let go at once. One that does not may be asleep; it is waited for, and told of.
        blocked: () => reject(new Error('another tab keeps an older version of the local store open')),
      }).then(
        (database) => {
          // Nobody waits for it any more.
          if (connecting !== opening) database.close();
          resolve(database);
        },
        (error: unknown) => {
          letGo();
          reject(error);
        },
      );
    });
    connecting = opening;
    opening.catch(() => {
      if (connecting === opening) connecting = undefined;
    });
    return opening;
  }

  async function disconnect(): Promise<void> {
    const closing = connecting;
    connecting = undefined;
    await closing?.then(
      (database) => database.close(),
      () => undefined,
    );
  }

  /** Runs on the connection, again on a new one when the old turned out closed, and sorts what goes wrong. */
  async function attempt<T>(own: Session | undefined, work: (database: Database) => Promise<T>): Promise<T> {
    try {
      const result = await connect()
        .then(work)
        .catch(async (error: unknown) => {
          if (nameOf(error) !== 'InvalidStateError') throw error;
          await disconnect();
          return work(await connect());
        });
      strikes = 0;
      return result;
    } catch (error) {
      const sorted = sortError(error);
      // Not when it was opened anew since.
      if (isLost(sorted) && session === own) {
        session = undefined;
        broken = sorted.problem === 'corrupt';
      }
      throw sorted;
    }
  }

  function sortError(error: unknown): unknown {
    if (error instanceof LocalStoreError) return error;
    const cause = { cause: error };
    switch (nameOf(error)) {
      case 'QuotaExceededError':
        return new LocalStoreError('full', 'the browser has no more room for the local store', cause);
      case 'VersionError':
        return new LocalStoreError('newer', 'the local store was written by a later version', cause);
      case 'NotFoundError':
      case 'NotReadableError':
        return new LocalStoreError('corrupt', 'the local store cannot be read', cause);
      case 'UnknownError':
        strikes += 1;
        return strikes < STRIKES ? error : new LocalStoreError('corrupt', 'the local store keeps failing', cause);
      default:
        return error;
    }
  }

  async function opened<T>(
    work: (database: Database, own: Session) => Promise<T>,
    after: Promise<unknown> = Promise.resolve(),
  ): Promise<T> {
    const own = session;
    if (!own) throw new Error('the local store is not open');
    await after;
    return attempt(own, (database) => work(database, own));
  }

  // ── Reads and writes ─────────────────────────────────────────────────────────────────────────────────────────────

  async function load(database: Database, { incarnation }: Session): Promise<LocalState> {
    const transaction = database.transaction(['meta', 'conversations', 'drafts']);
    transaction.done.catch(ignore);
    const [found, cursor, rows, drafts] = await Promise.all([
      transaction.objectStore('meta').get(INCARNATION),
      transaction.objectStore('meta').get('cursor'),
      transaction.objectStore('conversations').getAll(),
      transaction.objectStore('drafts').getAll(),
    ]);
    if (found !== incarnation && incarnation !== null) throw evicted();
    return {
      cursor: (cursor as Cursor | undefined) ?? null,
      conversations: rows.map((text) => readConversation(text)),
      drafts: drafts.map((text) => readDraft(text)).sort(byOrder),
    };
  }

  async function write(database: Database, own: Session, changes: LocalChanges): Promise<void> {
    const durability = changes.putDrafts && changes.putDrafts.length > 0 ? 'strict' : 'relaxed';
    const transaction = database.transaction(ALL, 'readwrite', { durability });
    const known = own.incarnation;
    let failure: unknown;
    let current = known ?? newIncarnation();
    // Native requests: thousands of promises that nobody awaits would cost more than the writes. One that fails aborts
    // the transaction, and `done` tells.
    const [meta, conversations, events, drafts] = ALL.map((store) => unwrap(transaction.objectStore(store))) as [
      IDBObjectStore,
      IDBObjectStore,
      IDBObjectStore,
      IDBObjectStore,
    ];
    const found: IDBRequest<string | undefined> = meta.get(INCARNATION);
    found.onsuccess = () => {
      if (known !== null && found.result !== known) {
        fail(evicted());
      } else if (found.result !== undefined) current = found.result;
      else meta.put(current, INCARNATION);
    };
    const fail = (error: unknown): void => {
      failure = error;
      transaction.abort();
    };
    try {
      if (changes.replace) {
        conversations.clear();
        events.clear();
      }
      for (const row of changes.conversations ?? []) conversations.put(JSON.stringify(row), row.conversationId);
      for (const each of groupByChunk(changes.events ?? [])) putChunk(events, each, fail);
      for (const draft of changes.putDrafts ?? []) drafts.put(JSON.stringify(draft), draft.clientMessageId);
      for (const id of changes.removeDrafts ?? []) drafts.delete(id);
      if (changes.cursor !== undefined) meta.put(changes.cursor, 'cursor');
    } catch (error) {
      fail(error);
    }
    await transaction.done.catch((error: unknown) => {
      throw failure ?? error;
    });
    own.incarnation = current;
  }

  /** Removes everything but the drafts that can be read; the whole database, when not even that works. */
  async function repair(): Promise<void> {
    let drafts: Draft[] = [];
    try {
      const database = await connect();
      drafts = await readableDrafts(database);
      const transaction = database.transaction(ALL, 'readwrite', { durability: 'strict' });
      for (const store of ALL) void transaction.objectStore(store).clear().catch(ignore);
      await transaction.done;
    } catch {
      await remove();
    }
    const database = await connect();
    const transaction = database.transaction('drafts', 'readwrite', { durability: 'strict' });
    for (const draft of drafts) void transaction.store.put(JSON.stringify(draft), draft.clientMessageId).catch(ignore);
    await transaction.done;
  }

  /** Deletes the database; does not wait for tabs that keep it open. */
  async function remove(): Promise<void> {
    const doomed = databaseName();
    await disconnect();
    await new Promise<void>((resolve, reject) => {
      deleteDB(doomed, { blocked: () => resolve() }).then(resolve, reject);
    });
  }

  async function begin(database: Database): Promise<string> {
    const transaction = database.transaction('meta', 'readwrite', { durability: 'relaxed' });
    transaction.done.catch(ignore);
    let found = await transaction.store.get(INCARNATION);
    if (found === undefined) {
      found = newIncarnation();
      await transaction.store.put(found, INCARNATION);
    }
    await transaction.done;
    return found;
  }

  return {
    sharedAs: `indexeddb:${name}`,
    open: async (userId) => {
      if (user !== userId) await disconnect();
      user = userId;
      session = undefined;
      if (broken) await repair();
      broken = false;
      session = { incarnation: await attempt(undefined, begin) };
    },
    close: async () => {
      await lastWrite.catch(ignore);
      await disconnect();
      user = undefined;
      session = undefined;
      broken = false;
    },
    load: () => opened(load),
    events: (query: LocalEventsQuery) =>
      opened(async (database, { incarnation }) => {
        const { conversationId, after = -1, before = Number.MAX_SAFE_INTEGER } = query;
        const [from, to] = [chunkOf(after + 1), chunkOf(before - 1)];
        if (from > to) return [];
        const range = IDBKeyRange.bound([conversationId, from], [conversationId, to]);
        const transaction = database.transaction(['meta', 'events']);
        transaction.done.catch(ignore);
        const store = unwrap(transaction.objectStore('events'));
        const [found, events] = await Promise.all([
          transaction.objectStore('meta').get(INCARNATION),
          readChunks(store, range, query),
        ]);
        if (found !== incarnation && incarnation !== null) throw evicted();
        return pick(events, query);
      }),
    transaction: (changes) => {
      const turn = opened((database, own) => write(database, own, changes), lastWrite);
      lastWrite = turn.catch(ignore);
      return turn;
    },
    erase: async () => {
      await lastWrite.catch(ignore);
      try {
        // First, so that nothing is left where a tab keeps the database from being deleted.
        const database = await connect();
        const transaction = database.transaction([...database.objectStoreNames], 'readwrite', { durability: 'strict' });
        for (const store of transaction.objectStoreNames) void transaction.objectStore(store).clear().catch(ignore);
        await transaction.done;
      } catch {}
      await remove();
      broken = false;
      if (session) session.incarnation = null;
    },
  };
}

/** Merged with what is there, which need not be read when the chunk comes whole. */
function putChunk(
  store: IDBObjectStore,
  { conversationId, chunk, events }: ChunkOfEvents,
  fail: (error: unknown) => void,
) {
  const key = [conversationId, chunk];
  const put = (stored: readonly Event[]): void => {
    store.put(JSON.stringify(mergeChunk(stored, events)), key);
  };
  if (new Set(events.map((event) => event.conversationSeq)).size === CHUNK) {
    put([]);
    return;
  }
  const found: IDBRequest<string | undefined> = store.get(key);
  found.onsuccess = () => {
    try {
      put(found.result === undefined ? [] : readEvents(found.result, conversationId));
    } catch (error) {
      fail(error);
    }
  };
}

/** From the end that is asked for, until `limit` events are here; all at once when many are wanted. */
function readChunks(store: IDBObjectStore, range: IDBKeyRange, query: LocalEventsQuery): Promise<Event[]> {
  const { conversationId, after, limit } = query;
  return new Promise((resolve, reject) => {
    const events: Event[] = [];
    const take = (texts: readonly string[]): void => {
      for (const text of texts) events.push(...readEvents(text, conversationId));
    };
    const guarded = (step: () => void) => () => {
      try {
        step();
      } catch (error) {
        reject(error);
      }
    };
    if (limit > AT_ONCE) {
      const request: IDBRequest<string[]> = store.getAll(range);
      request.onsuccess = guarded(() => {
        take(request.result);
        resolve(events);
      });
      request.onerror = () => reject(request.error);
      return;
    }
    const request = store.openCursor(range, after === undefined ? 'prev' : 'next');
    request.onsuccess = guarded(() => {
      const cursor = request.result;
      if (cursor) take([cursor.value as string]);
      if (cursor && pick(events, query).length < limit) cursor.continue();
      else resolve(events);
    });
    request.onerror = () => reject(request.error);
  });
}

async function readableDrafts(database: Database): Promise<Draft[]> {
  const readable: Draft[] = [];
  const keys = await database.getAllKeys('drafts').catch(() => []);
  for (const key of keys) {
    try {
      readable.push(readDraft(await database.get('drafts', key), key));
    } catch {}
  }
  return readable;
}

function evicted(): LocalStoreError {
  return new LocalStoreError('evicted', 'the data of the local store was removed');
}

function nameOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null ? (error as { name?: string }).name : undefined;
}

/** For what is told by another promise too: a browser reports each that nobody handles. */
function ignore(): void {}
