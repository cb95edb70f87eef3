import type { ConversationId, Cursor, Event, UserId } from '@tidemark/core';
import { createOneAtATime } from '../one-at-a-time.ts';
import { CHUNK, chunkOf, groupByChunk, mergeChunk, pick } from './event-chunks.ts';
import { createKeyValueJournal, type KeyChanges, type KeyValueJournal } from './key-value-journal.ts';
import { getWhole, inPieces, ownerOf, PIECE } from './key-value-pieces.ts';
import { getOne, type KeyValueStorage, removeAll } from './key-value-storage.ts';
import type { LocalChanges, LocalEventsQuery, LocalState, LocalStore } from './local-store.ts';
import { isLost, LocalStoreError } from './local-store-error.ts';
import { byOrder, isReadableDraft, newIncarnation, readConversation, readDraft, readEvents } from './stored-json.ts';

export interface KeyValueLocalStoreOptions {
  /** E.g. React Native's AsyncStorage. One client at a time works on what is under `name`. */
  readonly storage: KeyValueStorage;
  /** Begins every key. No comma. Default `tidemark`. */
  readonly name?: string;
}

/**
 * From one version to the next: reads what it needs and gives the changes, which are made in one step with the new version.
 * `keys` and those of the changes are without the part that names the user.
 */
export type KeyValueMigration = (
  keys: readonly string[],
  get: (key: string) => Promise<string | null>,
) => Promise<KeyChanges>;

/** The first leads from version 1 to version 2. What holds in every version: the keys begin `<name>,<userId>,`. */
const KEY_VALUE_MIGRATIONS: readonly KeyValueMigration[] = [
  // 2: values may stand in pieces, which a build of version 1 would take for damage. Nothing that is there changes.
  async () => ({ set: new Map(), remove: [] }),
];

/** The root: its value decides which of the others count. */
interface Meta {
  readonly version: number;
  /** Part of the keys of conversations and events. A replacement begins another one, and those of others are garbage. */
  readonly generation: string;
  readonly cursor: Cursor | null;
}

/** Of an open store. */
interface Session {
  meta: Meta;
  /** Conversation → numbers of its chunks. */
  chunks: Map<ConversationId, Set<number>>;
  /** Key → number of its pieces, where its value is too long for one. */
  pieces: Map<string, number>;
}

/**
 * A LocalStore in a key-value storage, for React Native. Rows and cursor move together through a journal (see
 * key-value-journal.ts), drafts have a key each, events are in chunks of consecutive conversationSeqs.
 */
export function keyValueLocalStore(options: KeyValueLocalStoreOptions): LocalStore {
  return keyValueLocalStoreOf(options.storage, options.name ?? 'tidemark', KEY_VALUE_MIGRATIONS);
}

export function keyValueLocalStoreOf(
  storage: KeyValueStorage,
  name: string,
  migrations: readonly KeyValueMigration[],
): LocalStore {
  if (name.includes(',')) throw new Error('the name of a local store has no comma');
  let user: UserId | undefined;
  let prefix = '';
  let journal: KeyValueJournal | undefined;
  let session: Session | undefined;
  /** What it held cannot be read: the next `open` repairs. */
  let broken = false;
  /** Nothing is kept of the user, not even that there was one, until something is asked for again. */
  let erased = false;
  /** Reads too: what is half done belongs to one operation. */
  const { run: inTurn, idle } = createOneAtATime();
  const version = migrations.length + 1;

  const key = {
    meta: () => `${prefix}meta`,
    draft: (id: string) => `${prefix}d,${id}`,
    /** A draft that cannot be read, where it is in nobody's way. */
    aside: (id: string) => `${prefix}aside,${id}`,
    conversation: (generation: string, id: string) => `${prefix}c,${generation},${id}`,
    chunk: (generation: string, chunk: number, id: string) => `${prefix}e,${generation},${chunk},${id}`,
  };

  /** Runs on the data that `open` found, and sorts what goes wrong. */
  function opened<T>(work: (own: Session, journal: KeyValueJournal) => Promise<T>): Promise<T> {
    const called = session;
    return inTurn(async () => {
      if (!called || called !== session || !journal) throw new Error('the local store is not open');
      try {
        if (erased) Object.assign(called, await begin());
        erased = false;
        await journal.apply();
        const meta = await readMeta();
        if (meta?.generation !== called.meta.generation) {
          throw new LocalStoreError('evicted', 'the data of the local store was removed');
        }
        return await work(called, journal);
      } catch (error) {
        const sorted = sortError(error);
        if (isLost(sorted)) {
          session = undefined;
          broken = sorted.problem === 'corrupt';
        }
        throw sorted;
      }
    });
  }

  async function readMeta(): Promise<Meta | undefined> {
    const text = await getOne(storage, key.meta());
    if (text === null) return undefined;
    try {
      const meta = JSON.parse(text) as Partial<Meta> | null;
      if (typeof meta?.version === 'number' && typeof meta.generation === 'string') return meta as Meta;
    } catch {}
    throw new LocalStoreError('corrupt', 'the root of the local store cannot be read');
  }

  async function ownKeys(): Promise<string[]> {
    return (await storage.getAllKeys()).filter((each) => each.startsWith(prefix));
  }

  // ── Opening ──────────────────────────────────────────────────────────────────────────────────────────────────────

  async function begin(): Promise<Session> {
    journal = createKeyValueJournal(storage, prefix);
    if (broken) await repair();
    broken = false;
    let meta = await readMeta();
    if (meta && meta.version > version) {
      throw new LocalStoreError('newer', `the local store has version ${meta.version}, this build knows ${version}`);
    }
    await journal.recover();
    meta = await readMeta();
    if (!meta) {
      meta = { version, generation: newIncarnation(), cursor: null };
      await storage.setItem(key.meta(), JSON.stringify(meta));
    }
    meta = await migrate(meta, journal);
    const chunks: Session['chunks'] = new Map();
    const pieces: Session['pieces'] = new Map();
    const garbage: string[] = [];
    const keys = await ownKeys();
    const there = new Set(keys);
    for (const each of keys) {
      const owner = ownerOf(prefix, each);
      if (owner !== undefined && there.has(owner)) pieces.set(owner, (pieces.get(owner) ?? 0) + 1);
      else if (owner !== undefined) garbage.push(each);
      const [kind = '', generation, chunk = '', ...id] = each.slice(prefix.length).split(',');
      if (kind === 'journal' || ((kind === 'c' || kind === 'e') && generation !== meta.generation)) garbage.push(each);
      else if (kind === 'e') indexChunk(chunks, id.join(',') as ConversationId, Number(chunk));
    }
    garbage.push(...piecesOf(garbage, keys));
    await removeAll(storage, garbage);
    return { meta, chunks, pieces };
  }

  /** Of those keys, among these. */
  function piecesOf(owners: readonly string[], keys: readonly string[]): string[] {
    const gone = new Set(owners);
    return keys.filter((each) => gone.has(ownerOf(prefix, each) ?? ''));
  }

  async function migrate(meta: Meta, through: KeyValueJournal): Promise<Meta> {
    let current = meta;
    for (const step of migrations.slice(meta.version - 1)) {
      const keys = (await ownKeys()).map((each) => each.slice(prefix.length));
      const changes = await step(keys, async (each) => (await storage.getItem(prefix + each)) ?? null);
      const set = new Map([...changes.set].map(([each, value]) => [prefix + each, value]));
      current = { ...current, version: current.version + 1 };
      set.set(key.meta(), JSON.stringify(current));
      await through.commit({ set, remove: changes.remove.map((each) => prefix + each) });
      await through.apply();
    }
    return current;
  }

  /** On proof of damage: begins anew with the drafts. Those that cannot be read are kept aside. Rejects when it does not work at the moment. */
  async function repair(): Promise<void> {
    // What was committed may be drafts.
    await journal?.recover().catch((error: unknown) => {
      if (!isLost(error)) throw error;
    });
    const unreadable: string[] = [`${prefix}journal`];
    for (const each of await ownKeys()) {
      if (!each.startsWith(key.draft(''))) continue;
      const id = each.slice(key.draft('').length);
      const text = (await getWhole(storage, prefix, [each])).get(each);
      if (isReadableDraft(text, id)) continue;
      // At most what one value may hold: it is for whoever looks into it.
      await storage.setItem(key.aside(id), text?.slice(0, PIECE) ?? '');
      unreadable.push(each);
    }
    const meta: Meta = { version, generation: newIncarnation(), cursor: null };
    await storage.setItem(key.meta(), JSON.stringify(meta));
    await removeAll(storage, unreadable);
  }

  // ── Reads and writes ─────────────────────────────────────────────────────────────────────────────────────────────

  async function load({ meta }: Session): Promise<LocalState> {
    const conversationKeys = key.conversation(meta.generation, '');
    const draftKeys = key.draft('');
    const wanted = (await ownKeys()).filter((each) => each.startsWith(conversationKeys) || each.startsWith(draftKeys));
    const found = [...(await getWhole(storage, prefix, wanted))];
    return {
      cursor: meta.cursor,
      conversations: found
        .filter(([each]) => each.startsWith(conversationKeys))
        .map(([each, text]) => readConversation(text, each.slice(conversationKeys.length))),
      drafts: found
        .filter(([each]) => each.startsWith(draftKeys))
        .map(([each, text]) => readDraft(text, each.slice(draftKeys.length)))
        .sort(byOrder),
    };
  }

  async function readChunks(
    generation: string,
    chunks: readonly { readonly conversationId: ConversationId; readonly chunk: number }[],
  ): Promise<Event[][]> {
    const keys = chunks.map(({ conversationId, chunk }) => key.chunk(generation, chunk, conversationId));
    const found = await getWhole(storage, prefix, keys);
    return chunks.map(({ conversationId }, index) => {
      const text = found.get(keys[index] ?? '') ?? null;
      if (text === null) throw new LocalStoreError('evicted', 'events of the local store were removed');
      return readEvents(text, conversationId);
    });
  }

  async function readRange(own: Session, query: LocalEventsQuery): Promise<Event[]> {
    const { conversationId, after = -1, before = Number.MAX_SAFE_INTEGER, limit } = query;
    const direction = query.after === undefined ? -1 : 1;
    const wanted = [...(own.chunks.get(conversationId) ?? [])]
      .filter((chunk) => chunk >= chunkOf(after + 1) && chunk <= chunkOf(before - 1))
      .sort((a, b) => direction * (a - b));
    const events: Event[] = [];
    // As many chunks at once as hold `limit` events when they are full, and one for the border.
    const step = Math.ceil(limit / CHUNK) + 1;
    for (let index = 0; index < wanted.length && pick(events, query).length < limit; index += step) {
      const chunks = wanted.slice(index, index + step).map((chunk) => ({ conversationId, chunk }));
      events.push(...(await readChunks(own.meta.generation, chunks)).flat());
    }
    return pick(events, query);
  }

  async function write(own: Session, through: KeyValueJournal, changes: LocalChanges): Promise<void> {
    const { replace = false, cursor = replace ? own.meta.cursor : undefined } = changes;
    const meta: Meta = {
      ...own.meta,
      cursor: cursor ?? own.meta.cursor,
      generation: replace ? newIncarnation() : own.meta.generation,
    };
    const chunks: Session['chunks'] = replace ? new Map() : own.chunks;
    const set = new Map<string, string>();
    for (const row of changes.conversations ?? []) {
      set.set(key.conversation(meta.generation, row.conversationId), JSON.stringify(row));
    }
    const touched = await mergeEvents(meta.generation, chunks, changes.events ?? []);
    for (const { conversationId, chunk, events } of touched) {
      set.set(key.chunk(meta.generation, chunk, conversationId), JSON.stringify(events));
    }
    for (const draft of changes.putDrafts ?? []) set.set(key.draft(draft.clientMessageId), JSON.stringify(draft));
    const remove = (changes.removeDrafts ?? []).map((id) => key.draft(id));
    for (const each of remove) set.delete(each);
    if (meta.cursor !== own.meta.cursor || replace) set.set(key.meta(), JSON.stringify(meta));

    const pieces = new Map(own.pieces);
    await through.commit(inPieces({ set, remove }, prefix, pieces));
    const before = own.meta.generation;
    own.meta = meta;
    own.chunks = chunks;
    own.pieces = pieces;
    for (const { conversationId, chunk } of touched) indexChunk(chunks, conversationId, chunk);
    // It is committed whatever happens now: what cannot be carried out is tried again before the next operation.
    await through.apply().catch(() => undefined);
    if (replace) await removeGeneration(before).catch(() => undefined);
  }

  /** The chunks that `events` belong to, with them in place. */
  async function mergeEvents(generation: string, chunks: Session['chunks'], events: readonly Event[]) {
    const touched = groupByChunk(events);
    const existing = touched.filter((each) => chunks.get(each.conversationId)?.has(each.chunk));
    const found = await readChunks(generation, existing);
    const stored = new Map(existing.map((each, index) => [each, found[index] ?? []]));
    return touched.map((each) => ({ ...each, events: mergeChunk(stored.get(each) ?? [], each.events) }));
  }

  /** What is left of it after a crash is removed by the next `open`. */
  async function removeGeneration(generation: string): Promise<void> {
    const [conversations, events] = [`${prefix}c,${generation},`, `${prefix}e,${generation},`];
    const keys = await ownKeys();
    const gone = keys.filter((each) => each.startsWith(conversations) || each.startsWith(events));
    await removeAll(storage, [...gone, ...piecesOf(gone, keys)]);
  }

  return {
    open: (userId) => {
      if (user !== userId) broken = false;
      user = userId;
      session = undefined;
      return inTurn(async () => {
        prefix = `${name},${userId},`;
        erased = false;
        try {
          session = await begin();
        } catch (error) {
          const sorted = sortError(error);
          broken ||= isLost(sorted);
          throw sorted;
        }
      });
    },
    close: async () => {
      session = undefined;
      await idle();
    },
    load: () => opened(load),
    events: (query) => opened((own) => readRange(own, query)),
    transaction: (changes) => opened((own, through) => write(own, through, changes)),
    erase: () =>
      inTurn(async () => {
        if (user === undefined) throw new Error('the local store is not open');
        // The journal first, or it would bring things back; then the root, without which the rest is garbage.
        await removeAll(storage, [`${prefix}journal`, key.meta()]);
        await removeAll(storage, await ownKeys());
        broken = false;
        erased = true;
      }),
    users: () =>
      inTurn(async () => {
        const keys = (await storage.getAllKeys()).filter((each) => each.startsWith(`${name},`));
        return [...new Set(keys.map((each) => each.split(',')[1] as UserId))];
      }),
  };
}

function indexChunk(chunks: Session['chunks'], conversationId: ConversationId, chunk: number): void {
  const own = chunks.get(conversationId) ?? new Set();
  chunks.set(conversationId, own.add(chunk));
}

/** Storages have no common way to say that they are full: SQLite's and the disk's words, and those of Android, iOS and browsers. */
const NO_ROOM = /quota|\bfull\b|sqlite_full|(no|out of) space|enospc|maximum size/i;

function sortError(error: unknown): unknown {
  if (error instanceof LocalStoreError) return error;
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (!NO_ROOM.test([String(error), code, message].join(' '))) return error;
  return new LocalStoreError('full', 'the storage has no more room for the local store', { cause: error });
}
