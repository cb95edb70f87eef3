/**
 * A local store that goes on when the one beneath does not:
 *
 *  - No room (`full`), or writes that fail again and again (`unavailable`): changes stay in memory, in front of what is stored,
 *    until they can be written, all of them in one transaction. What is shown stays, and drafts are sent. `limit` bounds them;
 *    beyond, a transaction rejects, and is tried again by whoever asked for it.
 *  - Refused for good (`blocked`), or not to be opened at all: everything is in memory from then on, and what the store holds
 *    stays there for the next start.
 *
 *  - Damaged, and repaired in vain: the same.
 *  - A call that was not answered: what it brought is in memory at once, and written again behind what hangs, which does no harm.
 *
 * Rows and cursor are written by the tab that leads alone: `dropRows` when it no longer does.
 */
import { type CommandId, TidemarkError } from '@tidemark/core';
import { rowOfStore } from './conversation-row.ts';
import type { LocalChanges, LocalStore } from './local-store.ts';
import { explained, isLost, LocalStoreError } from './local-store-error.ts';
import { memoryLocalStore } from './memory-local-store.ts';
import { createUnsavedChanges } from './unsaved-changes.ts';

export interface SteadyStore extends LocalStore {
  /** Something is in memory alone. */
  readonly isBehind: boolean;
  /** Rows, events or a cursor are among it. */
  readonly hasUnsavedRows: boolean;
  dropRows(): void;
  dropDrafts(ids: readonly CommandId[]): void;
  /** Writes what is in memory alone; rejects when that fails again. */
  save(): Promise<void>;
  /** From now on everything is in memory: the next call rejects with `reason`, and the next `open` begins anew. */
  leave(reason: LocalStoreError): void;
}

/** Writes that fail in a row before what they bring is kept in memory. */
const WRITE_STRIKES = 3;
/** Failures to open in a row before everything is: several seconds, for a browser that is busy has been seen to fail as long. */
const OPEN_STRIKES = 7;

export function createSteadyStore(first: LocalStore, limit: number, onProblem: (error: unknown) => void): SteadyStore {
  let store = first;
  /** Why the store was left, until somebody has heard of it. */
  let left: LocalStoreError | undefined;
  let failedOpens = 0;
  let failedWrites = 0;
  const unsaved = createUnsavedChanges();

  function leave(reason: LocalStoreError): void {
    left = reason;
    store = memoryLocalStore();
    unsaved.clear();
  }

  function checkLeft(): void {
    const reason = left;
    if (!reason) return;
    left = undefined;
    throw reason;
  }

  async function write(changes: LocalChanges): Promise<void> {
    try {
      await store.transaction(changes);
      failedWrites = 0;
    } catch (error) {
      failedWrites += 1;
      throw error;
    }
  }

  return {
    get isBehind() {
      return !unsaved.isEmpty;
    },
    get hasUnsavedRows() {
      return unsaved.hasRows;
    },
    dropRows: unsaved.dropRows,
    dropDrafts: unsaved.dropDrafts,
    leave,
    open: async (userId) => {
      checkLeft();
      unsaved.clear();
      try {
        await store.open(userId);
        failedOpens = 0;
      } catch (cause) {
        failedOpens += 1;
        const problem = cause instanceof LocalStoreError ? cause.problem : undefined;
        const isSpent = (problem ?? 'corrupt') === 'corrupt' && failedOpens >= OPEN_STRIKES;
        const isHopeless = isSpent || cause instanceof TidemarkError;
        if (isHopeless) leave(cannotBeOpened(cause));
        else if (problem === 'blocked') leave(cause as LocalStoreError);
        checkLeft();
        throw cause;
      }
    },
    close: async () => {
      await store.close();
      if (store !== first) await first.close();
    },
    load: async () => {
      checkLeft();
      try {
        const { conversations, ...rest } = await store.load();
        return unsaved.over({ ...rest, conversations: conversations.map(rowOfStore) });
      } catch (cause) {
        if (cause instanceof TidemarkError) leave(cannotBeOpened(cause));
        checkLeft();
        throw cause;
      }
    },
    events: async (query) => {
      checkLeft();
      const stored = await store.events(query);
      return unsaved.isEmpty ? stored : unsaved.overEvents(stored, query);
    },
    transaction: async (changes) => {
      checkLeft();
      const isBehind = !unsaved.isEmpty;
      try {
        if (!isBehind) return await write(changes);
      } catch (error) {
        const problem = error instanceof LocalStoreError ? error.problem : undefined;
        const isPassing = failedWrites < WRITE_STRIKES && !(error instanceof TidemarkError);
        if (problem === undefined ? isPassing : problem !== 'full') throw error;
        onProblem(explained(error));
      }
      const { conversations = [], events = [], putDrafts = [] } = changes;
      if (isBehind && unsaved.size + conversations.length + events.length + putDrafts.length > limit) {
        throw new LocalStoreError('full', `more than ${limit} changes wait for room (unsavedLimit)`);
      }
      unsaved.add(changes);
    },
    save: async () => {
      checkLeft();
      if (unsaved.isEmpty) return;
      await write(unsaved.asOne()).catch((error: unknown) => {
        if (isLost(error)) unsaved.clear();
        throw error;
      });
      unsaved.clear();
    },
    erase: async () => {
      unsaved.clear();
      // What was left behind is the user's too.
      if (store !== first) await first.erase().catch(() => undefined);
      await store.erase();
    },
  };
}

function cannotBeOpened(cause: unknown): LocalStoreError {
  return new LocalStoreError('blocked', 'the local store cannot be opened', { cause });
}
