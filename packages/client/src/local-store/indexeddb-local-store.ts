import type { Cursor, Event, UserId } from '@tidemark/core';
import { createOneAtATime } from '../one-at-a-time.ts';
import { CHUNK, type ChunkOfEvents, chunkOf, groupByChunk, mergeChunk, pick } from './event-chunks.ts';
import { INCARNATION, INDEXEDDB_MIGRATIONS, type IndexedDbMigration } from './indexeddb-migrations.ts';
import { answerOf, committed } from './indexeddb-requests.ts';
import type { LocalChanges, LocalEventsQuery, LocalState, LocalStore } from './local-store.ts';
import { isLost, LocalStoreError } from './local-store-error.ts';
import { byOrder, isReadableDraft, newIncarnation, readConversation, readDraft, readEvents } from './stored-json.ts';

export interface IndexedDbLocalStoreOptions {
  /**
   * The databases are named `<name>/<userId>`, one a user. Default `tidemark`. Of several stores of one origin none has a name
   * that begins with another's and a slash.
   */
  readonly name?: string;
}

/** Of an open store. */
interface Session {
  /** Of the data that `open` found; `null` after `erase`: the next transaction begins anew. */
  incarnation: string | null;
}

type Stores = 'meta' | 'conversations' | 'events' | 'drafts';

const ALL: readonly Stores[] = ['meta', 'conversations', 'events', 'drafts'];
/** With less room than that, in bytes, a failure without a reason is for want of room. */
const NO_ROOM = 1_000_000;
/** Begins the keys, in `meta`, of drafts that could not be read and stand in nobody's way there. */
const ASIDE = 'unreadable draft ';
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
  let connecting: Promise<IDBDatabase> | undefined;
  let session: Session | undefined;
  /** What it held cannot be read: the next `open` repairs. */
  let broken = false;
  const writes = createOneAtATime();

  // ── Connection ───────────────────────────────────────────────────────────────────────────────────────────────────

  function databaseName(): string {
    if (user === undefined) throw new Error('the local store is not open');
    return `${name}/${user}`;
  }

  /** The open connection; made again when the browser or another tab ended it. */
  function connect(): Promise<IDBDatabase> {
    if (connecting) return connecting;
    const letGo = (): void => {
      if (connecting === opening) connecting = undefined;
    };
    const opening: Promise<IDBDatabase> = new Promise((resolve, reject) => {
      const request = factory().open(databaseName(), migrations.length);
      request.onupgradeneeded = ({ oldVersion }) => {
        for (const migrate of migrations.slice(oldVersion))
          migrate(request.result, request.transaction as IDBTransaction);
      };
      // Other tabs of this code let go at once. One that does not may be asleep; it is waited for, and told of.
      request.onblocked = () => reject(new Error('another tab keeps an older version open'));
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const database = request.result;
        database.onversionchange = () => {
          letGo();
          database.close();
        };
        database.onclose = letGo;
        // Nobody waits for it any more.
        if (connecting !== opening) database.close();
        resolve(database);
      };
    });
    connecting = opening;
    opening.catch(letGo);
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
  async function attempt<T>(own: Session | undefined, work: (database: IDBDatabase) => Promise<T>): Promise<T> {
    try {
      return await connect()
        .then(work)
        .catch(async (error: unknown) => {
          if (nameOf(error) !== 'InvalidStateError') throw error;
          await disconnect();
          return work(await connect());
        });
    } catch (error) {
      const sorted = await sortError(error);
      // Not when it was opened anew since.
      if (isLost(sorted) && session === own) {
        session = undefined;
        broken = sorted.problem === 'corrupt';
      }
      throw sorted;
    }
  }

  async function opened<T>(
    work: (database: IDBDatabase, own: Session) => Promise<T>,
    run: <R>(inTurn: () => Promise<R>) => Promise<R> = (atOnce) => atOnce(),
  ): Promise<T> {
    const own = session;
    if (!own) throw new Error('the local store is not open');
    return run(() => attempt(own, (database) => work(database, own)));
  }

  // ── Reads and writes ─────────────────────────────────────────────────────────────────────────────────────────────

  async function load(database: IDBDatabase, own: Session): Promise<LocalState> {
    const transaction = database.transaction(['meta', 'conversations', 'drafts']);
    const meta = transaction.objectStore('meta');
    const [found, cursor, rows, drafts] = await Promise.all([
      answerOf<unknown>(meta.get(INCARNATION)),
      answerOf<Cursor | undefined>(meta.get('cursor')),
      answerOf<unknown[]>(transaction.objectStore('conversations').getAll()),
      answerOf<unknown[]>(transaction.objectStore('drafts').getAll()),
    ]);
    checkIncarnation(own, found);
    return {
      cursor: cursor ?? null,
      conversations: rows.map((text) => readConversation(text)),
      drafts: drafts.map((text) => readDraft(text)).sort(byOrder),
    };
  }

  async function write(database: IDBDatabase, own: Session, changes: LocalChanges): Promise<void> {
    const durability = changes.putDrafts && changes.putDrafts.length > 0 ? 'strict' : 'relaxed';
    const transaction = database.transaction(ALL, 'readwrite', { durability });
    let failure: unknown;
    let current = own.incarnation ?? newIncarnation();
    const done = committed(transaction);
    // Without a promise for each request: one that fails aborts the transaction, and `done` tells.
    const [meta, conversations, events, drafts] = storesOf(transaction);
    const found: IDBRequest<string | undefined> = meta.get(INCARNATION);
    found.onsuccess = () => {
      try {
        checkIncarnation(own, found.result);
        if (found.result === undefined) meta.put(current, INCARNATION);
        else current = found.result;
      } catch (error) {
        fail(error);
      }
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
    await done.catch((error: unknown) => {
      throw failure ?? error;
    });
    own.incarnation = current;
  }

  /**
   * On proof of damage: removes, in one transaction, what comes again from the server. Drafts stay; those that cannot be read
   * are kept aside, since they would be in the way. Rejects, with nothing changed, when that does not work at the moment.
   */
  async function repair(): Promise<void> {
    const database = await connect();
    if (ALL.some((store) => !database.objectStoreNames.contains(store))) {
      // Not a database of ours, or what is left of one.
      if (database.objectStoreNames.contains('drafts')) throw new Error('the local store lacks all but drafts');
      return remove();
    }
    const transaction = database.transaction(ALL, 'readwrite', { durability: 'strict' });
    const done = committed(transaction);
    done.catch(ignore);
    const [meta, conversations, events, drafts] = storesOf(transaction);
    conversations.clear();
    events.clear();
    meta.delete('cursor');
    meta.delete(INCARNATION);
    const request = drafts.openCursor();
    for (let at = await answerOf(request); at; at = await answerOf(request)) {
      if (!isReadableDraft(at.value, at.key)) {
        meta.put(at.value, `${ASIDE}${String(at.key)}`);
        at.delete();
      }
      at.continue();
    }
    await done;
  }

  /** Deletes the database; does not wait for tabs that keep it open. */
  async function remove(): Promise<void> {
    const doomed = databaseName();
    await disconnect();
    await deleted(doomed);
  }

  return {
    sharedAs: `indexeddb:${name}`,
    open: async (userId) => {
      if (user !== userId) await disconnect();
      user = userId;
      session = undefined;
      if (broken) {
        await repair().catch(async (error: unknown) => {
          throw await sortError(error);
        });
      }
      broken = false;
      const own = { incarnation: null };
      await attempt(undefined, (database) => write(database, own, {}));
      session = own;
    },
    close: async () => {
      await writes.idle();
      await disconnect();
      user = undefined;
      session = undefined;
      broken = false;
    },
    load: () => opened(load),
    events: (query: LocalEventsQuery) =>
      opened(async (database, own) => {
        const { conversationId, after = -1, before = Number.MAX_SAFE_INTEGER } = query;
        const [from, to] = [chunkOf(after + 1), chunkOf(before - 1)];
        if (from > to) return [];
        const range = IDBKeyRange.bound([conversationId, from], [conversationId, to]);
        const transaction = database.transaction(['meta', 'events']);
        const [found, events] = await Promise.all([
          answerOf<unknown>(transaction.objectStore('meta').get(INCARNATION)),
          readChunks(transaction.objectStore('events'), range, query),
        ]);
        checkIncarnation(own, found);
        return pick(events, query);
      }),
    transaction: (changes) => opened((database, own) => write(database, own, changes), writes.run),
    erase: async () => {
      await writes.idle();
      try {
        // First, so that nothing is left where a tab keeps the database from being deleted.
        const database = await connect();
        const transaction = database.transaction([...database.objectStoreNames], 'readwrite', { durability: 'strict' });
        for (const store of transaction.objectStoreNames) transaction.objectStore(store).clear();
        await committed(transaction);
      } catch {}
      await remove();
      broken = false;
      if (session) session.incarnation = null;
    },
    users: async () => {
      const names = (await factory().databases()).map((each) => each.name ?? '');
      return names.filter((each) => each.startsWith(`${name}/`)).map((each) => each.slice(name.length + 1) as UserId);
    },
  };
}

function storesOf(transaction: IDBTransaction) {
  return ALL.map((name) => transaction.objectStore(name)) as [
    IDBObjectStore,
    IDBObjectStore,
    IDBObjectStore,
    IDBObjectStore,
  ];
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
async function readChunks(store: IDBObjectStore, range: IDBKeyRange, query: LocalEventsQuery): Promise<Event[]> {
  const { conversationId, after, limit } = query;
  if (limit > AT_ONCE) {
    const texts = await answerOf<unknown[]>(store.getAll(range));
    return texts.flatMap((text) => readEvents(text, conversationId));
  }
  const events: Event[] = [];
  const request = store.openCursor(range, after === undefined ? 'prev' : 'next');
  for (let cursor = await answerOf(request); cursor; cursor = await answerOf(request)) {
    events.push(...readEvents(cursor.value, conversationId));
    if (pick(events, query).length >= limit) break;
    cursor.continue();
  }
  return events;
}

/** Resolves also when tabs keep it open; it goes when they let go. */
async function deleted(name: string): Promise<void> {
  const request = factory().deleteDatabase(name);
  await Promise.race([answerOf(request), new Promise((resolve) => (request.onblocked = resolve))]);
}

function factory(): IDBFactory {
  const found = (globalThis as { indexedDB?: IDBFactory }).indexedDB;
  if (found) return found;
  throw new LocalStoreError('blocked', 'this platform has no IndexedDB');
}

/**
 * Damage is only what is proved: what was read and is none of ours, and what the browser itself says is lost. Any other
 * failure may be over the next time.
 */
async function sortError(error: unknown): Promise<unknown> {
  if (error instanceof LocalStoreError) return error;
  const cause = { cause: error };
  switch (nameOf(error)) {
    case 'SecurityError':
      return new LocalStoreError('blocked', 'the browser refuses IndexedDB', cause);
    case 'QuotaExceededError':
      break;
    case 'VersionError':
      return new LocalStoreError('newer', 'written by a later version', cause);
    case 'NotFoundError':
    case 'NotReadableError':
      return new LocalStoreError('corrupt', 'the local store cannot be read', cause);
    default:
      if (!(await isWithoutRoom())) return error;
  }
  return new LocalStoreError('full', 'no room for the local store', cause);
}

async function isWithoutRoom(): Promise<boolean> {
  const { storage } = (globalThis as { navigator?: Partial<Navigator> }).navigator ?? {};
  const { usage = 0, quota = Infinity } = (await storage?.estimate?.().catch(ignore)) ?? {};
  return quota - usage < NO_ROOM;
}

function checkIncarnation({ incarnation }: Session, found: unknown): void {
  if (incarnation !== null && found !== incarnation) {
    throw new LocalStoreError('evicted', 'the local store was removed');
  }
}

function nameOf(error: unknown): string | undefined {
  return (error as { name?: string } | null | undefined)?.name;
}

/** For what is told by another promise too: a browser reports each that nobody handles. */
function ignore(): void {}
