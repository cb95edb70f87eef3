import type { Clock, ConversationId, Cursor, Event, Random, UserId } from '@tidemark/core';
import { backoff } from '@tidemark/core';
import type { ClientEmitter, Retried } from '../client-events.ts';
import type { ConversationRow } from './conversation-row.ts';
import type { Draft, LocalChanges, LocalEventsQuery, LocalStore } from './local-store.ts';

/** Back-off of everything in the client that is tried again, in ms. */
export interface RetryTiming {
  readonly clock: Clock;
  readonly random: Random;
  readonly base: number;
  readonly cap: number;
}

/**
 * The one way to the local store. Writes are jobs, one at a time: a job reads what it needs and returns the changes, so no
 * two read-modify-writes overlap. The conversation rows are mirrored in memory, and whoever shows data hears of each
 * committed change: other tabs can be fed from the same place.
 */
export interface LocalReplica {
  /** Opens the store and loads what is small; tried again until it succeeds or the client closes. Idempotent. */
  open(): Promise<void>;
  /** Waits for the job under way; later ones reject. */
  close(): Promise<void>;
  /** After `close`: removes what the store holds of the user. */
  erase(): Promise<void>;

  readonly rows: ReadonlyMap<ConversationId, ConversationRow>;
  /** As loaded at start. */
  readonly initial: { readonly cursor: Cursor | null; readonly drafts: readonly Draft[] };
  events(query: LocalEventsQuery): Promise<Event[]>;

  /** Runs the job in its turn and commits what it returns. `undefined`: nothing to do. Rejects when the store does. */
  commit(job: () => LocalChanges | undefined | Promise<LocalChanges | undefined>): Promise<void>;
  /** The same, again and again until it succeeds; rejects only when the client closes. */
  commitSurely(what: Retried, job: () => LocalChanges | undefined | Promise<LocalChanges | undefined>): Promise<void>;

  /** Called synchronously after each commit, in the order of subscription. */
  onCommit(listener: (changes: LocalChanges) => void): () => void;
}

export function createLocalReplica(
  store: LocalStore,
  userId: UserId,
  timing: RetryTiming,
  events: ClientEmitter,
  closing: AbortSignal,
): LocalReplica {
  const rows = new Map<ConversationId, ConversationRow>();
  const listeners = new Set<(changes: LocalChanges) => void>();
  let initial: LocalReplica['initial'] = { cursor: null, drafts: [] };
  let opening: Promise<void> | undefined;
  let last: Promise<unknown> = Promise.resolve();

  async function surely<T>(what: Retried, run: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      closing.throwIfAborted();
      try {
        return await run();
      } catch (error) {
        if (closing.aborted) throw error;
        const waitMs = backoff(attempt, timing);
        events.emit('retrying', { what, attempt, waitMs, error });
        await timing.clock.sleep(waitMs, closing);
      }
    }
  }

  async function load(): Promise<void> {
    await store.open(userId);
    const { cursor, conversations, drafts } = await store.load();
    for (const row of conversations) rows.set(row.conversationId, row);
    initial = { cursor, drafts };
  }

  function mirror(changes: LocalChanges): void {
    if (changes.replace) rows.clear();
    for (const row of changes.conversations ?? []) rows.set(row.conversationId, row);
    for (const listener of listeners) listener(changes);
  }

  const replica: LocalReplica = {
    open: () => (opening ??= surely('store', load)),
    close: async () => {
      await last.catch(() => undefined);
      const opened = await opening?.then(
        () => true,
        () => false,
      );
      if (opened) await store.close();
    },
    erase: async () => {
      await store.open(userId);
      await store.erase();
      await store.close();
    },
    rows,
    get initial() {
      return initial;
    },
    events: async (query) => {
      await replica.open();
      return store.events(query);
    },
    commit: (job) => {
      const turn = last.then(async () => {
        await replica.open();
        closing.throwIfAborted();
        const changes = await job();
        if (!changes) return;
        await store.transaction(changes);
        mirror(changes);
      });
      last = turn.catch(() => undefined);
      return turn;
    },
    commitSurely: (what, job) => surely(what, () => replica.commit(job)),
    onCommit: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
  return replica;
}
