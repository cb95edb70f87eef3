import type { CommandId, ConversationId, Cursor, Event, UserId } from '@tidemark/core';
import { backoff } from '@tidemark/core';
import { throwIfAborted } from '../abort-signal.ts';
import type { ClientEmitter } from '../client-events.ts';
import { createOneAtATime } from '../one-at-a-time.ts';
import { type RetryTiming, waitToRetry } from '../retry.ts';
import type { ConversationRow } from './conversation-row.ts';
import { eraseUser } from './erase-user.ts';
import type { Draft, LocalChanges, LocalEventsQuery, LocalState, LocalStore } from './local-store.ts';
import { explained, isLost, LocalStoreError, type LocalStoreProblem } from './local-store-error.ts';
import { missedChanges } from './missed-changes.ts';
import { createSteadyStore } from './steady-store.ts';

/** Called with each committed change. `elsewhere`: another tab committed it. */
export type CommitListener = (changes: LocalChanges, origin: 'here' | 'elsewhere') => void;

type Job = () => LocalChanges | undefined | Promise<LocalChanges | undefined>;

/**
 * The one way to the local store. Writes are jobs, one at a time: a job reads what it needs and returns the changes, so no
 * two read-modify-writes overlap. The conversation rows are mirrored in memory, and whoever shows data hears of each
 * committed change, also of those of other tabs.
 */
export interface LocalReplica {
  /** Opens the store and loads what is small; tried again until it succeeds or the client closes. Idempotent. */
  open(): Promise<void>;
  /** Whether it was opened, or is being opened. */
  readonly isOpening: boolean;
  /** Leaves a store that may not be used, reports `reason`, and keeps everything in memory from now on. */
  leaveStore(reason: LocalStoreError): void;
  /** Waits for the job under way; later ones reject. */
  close(): Promise<void>;
  /** After `close`: removes what the store holds of the user. */
  erase(): Promise<void>;

  readonly rows: ReadonlyMap<ConversationId, ConversationRow>;
  /** As loaded last. */
  readonly initial: { readonly cursor: Cursor | null; readonly drafts: readonly Draft[] };
  events(query: LocalEventsQuery): Promise<Event[]>;

  /** Runs the job in its turn and commits what it returns. `undefined`: nothing to do. Rejects when the store does. */
  commit(job: Job): Promise<void>;
  /** The same, again and again until it succeeds; rejects only when the client closes. */
  commitSurely(job: Job): Promise<void>;

  /** Snapshots committed so far: what was read from the server before one does not join what stands on it. */
  readonly snapshots: number;

  /** Another tab has committed `changes` to the same store: takes them in, in their turn. */
  merge(changes: LocalChanges): void;
  /**
   * Reads the store again, because commits of other tabs may have been missed, and tells listeners what differs: views need
   * not begin anew unless a snapshot came in between. `then` runs before any later job. Tried until it succeeds.
   */
  reload(then?: (state: LocalState) => void): Promise<void>;
  /**
   * The same replica for one term of leadership: a job whose term is over by the time it would write does not, and rejects.
   * `holds` is asked before each write.
   */
  during(term: AbortSignal, holds: () => boolean | Promise<boolean>): LocalReplica;
}

/** Failures of the store in a row before they are reported to the application. */
const FAILURES_BEFORE_REPORT = 3;

export interface LocalReplicaOptions {
  readonly store: LocalStore;
  readonly userId: UserId;
  readonly timing: RetryTiming;
  readonly events: ClientEmitter;
  readonly closing: AbortSignal;
  /** Conversations, events and drafts that may be in memory alone. */
  readonly unsavedLimit: number;
  /** Called synchronously after each commit. */
  readonly onCommit: CommitListener;
  /**
   * Called when the store lost what it had and was opened anew: rows and cursor are gone, and have to be fetched. A job
   * under way then does not write, and rejects.
   */
  readonly onLost: () => void;
}

export function createLocalReplica(options: LocalReplicaOptions): LocalReplica {
  const { userId, timing, events, closing, onCommit, onLost } = options;
  const store = createSteadyStore(options.store, options.unsavedLimit, noticeProblem);
  const rows = new Map<ConversationId, ConversationRow>();
  let snapshots = 0;
  /** Mirrored too: a store that lost its data is given them again (P1). */
  const drafts = new Map<CommandId, Draft>();
  let initial: LocalReplica['initial'] = { cursor: null, drafts: [] };
  /** The store was not opened yet. */
  let isFirst = true;
  let reported: LocalStoreProblem | undefined;
  let opening: Promise<void> | undefined;
  let isSaving = false;
  /** Whether rows and cursor may be written here: asked of the last that did. */
  let mayWriteRows: () => boolean | Promise<boolean> = () => true;
  const jobs = createOneAtATime();

  /** Repeats `run` until it succeeds. @param problemOf the error as it is reported */
  async function surely<T>(
    until: AbortSignal,
    run: () => Promise<T>,
    problemOf = (error: unknown) => error,
  ): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      throwIfAborted(until);
      try {
        return await run();
      } catch (error) {
        if (until.aborted) throw error;
        noticeProblem(attempt + 1 < FAILURES_BEFORE_REPORT ? error : problemOf(error));
        await waitToRetry({ what: 'store', attempt, error }, timing, events, until);
      }
    }
  }

  async function load(): Promise<void> {
    await store.open(userId);
    const loaded = await store.load();
    const known = new Set(loaded.drafts.map((draft) => draft.clientMessageId));
    const missing = [...drafts.values()].filter((draft) => !known.has(draft.clientMessageId));
    if (missing.length > 0) await store.transaction({ putDrafts: missing });
    for (const draft of loaded.drafts) drafts.set(draft.clientMessageId, draft);
    initial = { cursor: loaded.cursor, drafts: [...drafts.values()] };
    // A store that the platform blocks stays blocked until the next start.
    if (reported !== 'blocked') reported = undefined;
    if (isFirst) for (const row of loaded.conversations) rows.set(row.conversationId, row);
    else {
      onLost();
      mirror({ replace: true, conversations: loaded.conversations }, 'elsewhere');
    }
    isFirst = false;
  }

  /** Reports a problem to the application, once until it is solved. */
  function noticeProblem(error: unknown): void {
    if (!(error instanceof LocalStoreError) || error.problem === reported) return;
    reported = error.problem;
    events.emit('store', { problem: error.problem, error });
  }

  /** Runs a call of the open store. A store that lost its data is opened again at once, so that no screen shows what is gone. */
  async function noticing<T>(run: () => Promise<T>): Promise<T> {
    const opened = opening;
    try {
      return await run();
    } catch (error) {
      noticeProblem(error);
      if (isLost(error) && opening === opened && !closing.aborted) {
        opening = undefined;
        open().catch(() => undefined);
      }
      throw error;
    }
  }

  function open(): Promise<void> {
    opening ??= surely(closing, load, explained);
    return opening;
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    return jobs.run(async () => {
      await open();
      throwIfAborted(closing);
      return work();
    });
  }

  function mirror(changes: LocalChanges, origin: 'here' | 'elsewhere'): void {
    if (origin === 'elsewhere') store.dropDrafts(changes.removeDrafts ?? []);
    if (changes.replace) {
      rows.clear();
      snapshots += 1;
    }
    for (const row of changes.conversations ?? []) rows.set(row.conversationId, row);
    for (const draft of changes.putDrafts ?? []) drafts.set(draft.clientMessageId, draft);
    for (const id of changes.removeDrafts ?? []) drafts.delete(id);
    onCommit(changes, origin);
  }

  function write(job: Job, mayWrite: () => boolean | Promise<boolean>): Promise<void> {
    return inTurn(async () => {
      const own = opening;
      const changes = await job();
      if (!changes) return;
      if (!(await mayWrite())) throw new Error('another tab leads now');
      if (own !== opening) throw new Error('the local store was opened anew');
      await noticing(() => store.transaction(changes));
      if (store.isBehind) void saveWhenPossible();
      else if (reported !== 'blocked') reported = undefined;
      mirror(changes, 'here');
    });
  }

  /** Writes what is in memory alone, without the rows when another tab leads by now. */
  async function save(): Promise<void> {
    if (store.hasUnsavedRows && !(await mayWriteRows())) store.dropRows();
    await store.save();
  }

  /** Repeats `save` until nothing is in memory alone. */
  async function saveWhenPossible(): Promise<void> {
    if (isSaving) return;
    isSaving = true;
    for (let attempt = 0; store.isBehind && !closing.aborted; attempt += 1) {
      await timing.clock.sleep(backoff(attempt, timing), closing);
      try {
        await inTurn(async () => {
          await noticing(save);
          reported = undefined;
          events.emit('saved', {});
        });
      } catch (error) {
        noticeProblem(error);
      }
    }
    isSaving = false;
  }

  const replica: LocalReplica = {
    open,
    get isOpening() {
      return opening !== undefined;
    },
    leaveStore: (reason) => {
      store.leave(reason);
      noticing(() => store.load()).catch(() => undefined);
    },
    close: async () => {
      await jobs.idle();
      await save().catch(() => undefined);
      await opening?.then(store.close, () => undefined);
    },
    erase: () => eraseUser(store, userId),
    rows,
    get initial() {
      return initial;
    },
    events: async (query) => {
      await open();
      return noticing(() => store.events(query));
    },
    commit: (job) => write(job, () => true),
    commitSurely: (job) => surely(closing, () => replica.commit(job)),
    get snapshots() {
      return snapshots;
    },
    merge: (changes) => {
      inTurn(async () => mirror(changes, 'elsewhere')).catch(() => undefined);
    },
    reload: (then) =>
      surely(closing, () =>
        inTurn(async () => {
          const state = await noticing(() => store.load());
          const changes = await noticing(() => missedChanges(store, rows, state.conversations));
          drafts.clear();
          for (const draft of state.drafts) drafts.set(draft.clientMessageId, draft);
          initial = { cursor: state.cursor, drafts: state.drafts };
          if (changes.replace || changes.conversations?.length) mirror(changes, 'elsewhere');
          then?.(state);
        }),
      ),
    during: (term, holds) => {
      async function mayWrite(): Promise<boolean> {
        return !term.aborted && (await holds()) && !term.aborted;
      }
      mayWriteRows = mayWrite;
      const own: LocalReplica = Object.assign(Object.create(replica), {
        commit: (job: Job) => write(job, mayWrite),
        commitSurely: (job: Job) => surely(term, () => own.commit(job)),
      });
      return own;
    },
  };
  return replica;
}
