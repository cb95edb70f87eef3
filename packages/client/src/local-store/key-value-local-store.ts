import type { UserId } from '@tidemark/core';
import { createOneAtATime } from '../one-at-a-time.ts';
import { loadData, readRange, writeData } from './key-value-data.ts';
import { createKeyValueJournal } from './key-value-journal.ts';
import { type KeyValueMigration, openData, repairData } from './key-value-opening.ts';
import { createKeyValueSpace, type KeyValueData, type KeyValueSpace } from './key-value-space.ts';
import { type KeyValueStorage, removeAll } from './key-value-storage.ts';
import type { LocalStore } from './local-store.ts';
import { isLost, LocalStoreError } from './local-store-error.ts';

export interface KeyValueLocalStoreOptions {
  /** E.g. React Native's AsyncStorage. One client at a time works on what is under `name`. */
  readonly storage: KeyValueStorage;
  /** Begins every key. No comma. Default `tidemark`. */
  readonly name?: string;
}

/** The first leads from version 1 to version 2. What holds in every version: the keys begin `<name>,<userId>,`. */
const KEY_VALUE_MIGRATIONS: readonly KeyValueMigration[] = [
  // 2: values may stand in pieces, which a build of version 1 would take for damage. Nothing that is there changes.
  async () => ({ set: new Map(), remove: [] }),
];

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
  let space: KeyValueSpace | undefined;
  let data: KeyValueData | undefined;
  /** What it held cannot be read: the next `open` repairs. */
  let broken = false;
  /** Nothing is kept of the user, not even that there was one, until something is asked for again. */
  let erased = false;
  /** Reads too: what is half done belongs to one operation. */
  const { run: inTurn, idle } = createOneAtATime();

  async function begin(own: KeyValueSpace): Promise<KeyValueData> {
    const journal = createKeyValueJournal(storage, own.prefix);
    if (broken) await repairData(own, journal, migrations.length + 1);
    broken = false;
    return openData(own, journal, migrations);
  }

  /** Runs on the data that `open` found, and sorts what goes wrong. */
  function opened<T>(work: (own: KeyValueData) => Promise<T>): Promise<T> {
    const own = data;
    return inTurn(async () => {
      if (!own || own !== data) throw new Error('the local store is not open');
      try {
        if (erased) Object.assign(own, await begin(own.space));
        erased = false;
        await own.journal.apply();
        const meta = await own.space.readMeta();
        if (meta?.generation !== own.meta.generation) {
          throw new LocalStoreError('evicted', 'the data of the local store was removed');
        }
        return await work(own);
      } catch (error) {
        const sorted = sortError(error);
        if (isLost(sorted)) {
          data = undefined;
          broken = sorted.problem === 'corrupt';
        }
        throw sorted;
      }
    });
  }

  return {
    open: (userId) => {
      if (user !== userId) broken = false;
      user = userId;
      data = undefined;
      return inTurn(async () => {
        const own = createKeyValueSpace(storage, `${name},${userId},`);
        space = own;
        erased = false;
        try {
          data = await begin(own);
        } catch (error) {
          const sorted = sortError(error);
          broken ||= isLost(sorted);
          throw sorted;
        }
      });
    },
    close: async () => {
      data = undefined;
      await idle();
    },
    load: () => opened(loadData),
    events: (query) => opened((own) => readRange(own, query)),
    transaction: (changes) => opened((own) => writeData(own, changes)),
    erase: () =>
      inTurn(async () => {
        if (!space) throw new Error('the local store is not open');
        // The journal first, or it would bring things back; then the root, without which the rest is garbage.
        await removeAll(storage, [`${space.prefix}journal`, space.key.meta()]);
        await removeAll(storage, await space.ownKeys());
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

/** Storages have no common way to say that they are full: SQLite's and the disk's words, and those of Android, iOS and browsers. */
const NO_ROOM = /quota|\bfull\b|sqlite_full|(no|out of) space|enospc|maximum size/i;

function sortError(error: unknown): unknown {
  if (error instanceof LocalStoreError) return error;
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (!NO_ROOM.test([String(error), code, message].join(' '))) return error;
  return new LocalStoreError('full', 'the storage has no more room for the local store', { cause: error });
}
