/**
 * Stage   sync: carries out what sync-state decides, on the real feed and the local store
 * In      the feed, pages, snapshots
 * Out     local rows and the cursor, in one local transaction; events
 * Keeps   P8 P9 P10 P11
 * Proved  packages/client/test/sync.test.ts, sync-state.property.test.ts
 */
import {
  backoff,
  type CommandId,
  type Cursor,
  type FeedItem,
  type InboxEntry,
  parseCursor,
  type UserId,
} from '@tidemark/core';
import { callOutcome } from '../call-outcome.ts';
import type { ClientEmitter, Retried } from '../client-events.ts';
import { type Connection, hasEnded } from '../connection/connection.ts';
import type { LocalReplica, RetryTiming } from '../local-store/local-replica.ts';
import type { FeedSubscription, MessagingTrpc } from '../messaging-trpc.ts';
import type { Reader } from '../received.ts';
import { applyEntries } from './apply-entries.ts';
import {
  missingIn,
  type SyncBounds,
  type SyncEffect,
  type SyncInput,
  type SyncState,
  startSync,
  syncStep,
} from './sync-state.ts';
import { createSnapshot, type Snapshot } from './take-snapshot.ts';
import { recountUnread } from './unread.ts';

export type SyncStatus =
  | { readonly state: 'stopped' | 'connecting' | 'live' }
  /** `missing`: entries that are not in the local store yet; `null` while nobody has said how many. */
  | { readonly state: 'catching-up'; readonly missing: number | null }
  | { readonly state: 'waiting'; readonly nextTryAt: number };

export interface SyncOptions {
  readonly trpc: MessagingTrpc;
  readonly userId: UserId;
  readonly replica: LocalReplica;
  readonly events: ClientEmitter;
  readonly reader: Reader;
  readonly timing: RetryTiming;
  readonly bounds: SyncBounds;
  readonly connection: Connection | undefined;
  readonly closing: AbortSignal;
  readonly onStatus: () => void;
  /** Called inside the transaction of a snapshot; gives the drafts that are stored on the server by now. */
  readonly draftsStoredAtReset: () => readonly CommandId[];
}

export interface Sync {
  /** Once, after the local store was loaded. */
  start(cursor: Cursor | null): void;
  status(): SyncStatus;
  /** The local store lost rows and cursor: goes on like a new device. */
  restart(): void;
  /** Waits of the feed end now: the connection is back. */
  wake(): void;
}

export function createSync(options: SyncOptions): Sync {
  const { trpc, userId, replica, events, reader, timing, bounds, connection, closing, onStatus } = options;
  let state: SyncState | undefined;
  let subscription: { readonly feed: FeedSubscription } | undefined;
  /** Names the subscription whose callbacks count. */
  let current: object | undefined;
  let waitingUntil: number | undefined;
  let hurry = new AbortController();
  let taking: { readonly generation: number; readonly of: Snapshot; readonly ended: AbortController } | undefined;
  /** The local store may hold a cursor. */
  let hasCursor = false;
  const lastError = new Map<Retried, unknown>();
  const inputs: SyncInput[] = [];
  let stepping = false;

  closing.addEventListener(
    'abort',
    () => {
      hurry.abort();
      taking?.ended.abort();
      current = undefined;
      subscription?.feed.unsubscribe();
      subscription = undefined;
      state = undefined;
      onStatus();
    },
    { once: true },
  );

  /** One input at a time: an effect may answer while it is being started. */
  function dispatch(input: SyncInput): void {
    inputs.push(input);
    if (stepping) return;
    stepping = true;
    try {
      for (let next = inputs.shift(); next && state; next = inputs.shift()) {
        const step = syncStep(state, next);
        state = step.state;
        if (taking && taking.generation !== state.generation) taking.ended.abort();
        for (const effect of step.effects) run(effect);
      }
    } finally {
      stepping = false;
      inputs.length = 0;
    }
    onStatus();
  }

  function run(effect: SyncEffect): void {
    switch (effect.type) {
      case 'subscribe':
        void subscribe(effect.cursor, effect.attempt);
        break;
      case 'pull':
        void pull(effect);
        break;
      case 'apply':
        void apply(effect);
        break;
      case 'snapshot':
        void snapshot(effect);
        break;
      case 'report':
        if (effect.event.type === 'reset') events.emit('reset', effect.event);
        else if (effect.event.type === 'live') events.emit('live', effect.event);
        else events.emit('gap', effect.event);
    }
  }

  /** Waits before a repeated attempt; false when the client closed meanwhile. */
  async function turn(what: Retried, attempt: number, signal: AbortSignal = closing): Promise<boolean> {
    if (attempt > 0) {
      const waitMs = backoff(attempt - 1, timing);
      events.emit('retrying', { what, attempt: attempt - 1, waitMs, error: lastError.get(what) });
      if (what === 'feed') {
        waitingUntil = timing.clock.now() + waitMs;
        onStatus();
      }
      await timing.clock.sleep(waitMs, signal);
    }
    return !closing.aborted;
  }

  async function subscribe(cursor: Cursor | null, attempt: number): Promise<void> {
    const own = {};
    current = own;
    subscription?.feed.unsubscribe();
    subscription = undefined;
    hurry = new AbortController();
    const isTurn = await turn('feed', attempt, hurry.signal);
    if (!isTurn || current !== own) return;
    waitingUntil = undefined;
    await usable();
    if (closing.aborted || current !== own) return;
    onStatus();

    const isCurrent = (): boolean => current === own && !closing.aborted;
    const end = (error: unknown): void => {
      if (!isCurrent()) return;
      current = undefined;
      lastError.set('feed', error);
      const outcome = callOutcome(error);
      if (outcome.error.code === 'unauthenticated') connection?.renew();
      dispatch({ type: outcome.error.code === 'invalid_cursor' ? 'cursor refused' : 'feed ended' });
    };
    const started = (): void => {
      if (isCurrent() && !state?.connected) dispatch({ type: 'connected' });
    };
    const feed = trpc.inbox.feed.subscribe(cursor === null ? {} : { cursor }, {
      onStarted: started,
      onData: ({ id, data }) => {
        started();
        if (isCurrent()) take(id, data, end);
      },
      onError: end,
      onComplete: () => end(new Error('the server ended the feed')),
      onConnectionStateChange: (change) => {
        if (isCurrent() && change.state !== 'pending' && state?.connected) dispatch({ type: 'disconnected' });
      },
    });
    if (isCurrent()) subscription = { feed };
    else feed.unsubscribe();
  }

  function take(id: string, item: FeedItem, fail: (error: unknown) => void): void {
    let position: ReturnType<typeof parseCursor>;
    try {
      position = parseCursor(id);
    } catch {
      fail(new Error(`the feed sent an item whose id is not a cursor: ${id}`));
      return;
    }
    dispatch({ type: 'item', ...position, item });
  }

  /** A subscription made while nobody is signed in would only fail again. */
  async function usable(): Promise<void> {
    if (!connection) return;
    const isUsable = (): boolean => !hasEnded(connection.getSnapshot());
    if (isUsable() || closing.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        unsubscribe();
        closing.removeEventListener('abort', done);
        resolve();
      };
      const unsubscribe = connection.subscribe(() => isUsable() && done());
      closing.addEventListener('abort', done, { once: true });
    });
  }

  async function pull({ cursor, generation, attempt }: Extract<SyncEffect, { type: 'pull' }>): Promise<void> {
    if (!(await turn('pull', attempt))) return;
    try {
      const page = await trpc.inbox.since.query({ cursor }, { signal: closing });
      dispatch({ type: 'page', generation, page, ...parseCursor(page.cursor) });
    } catch (error) {
      lastError.set('pull', error);
      const isRefused = callOutcome(error).error.code === 'invalid_cursor' && state?.generation === generation;
      dispatch(isRefused ? { type: 'cursor refused' } : { type: 'pull failed', generation });
    }
  }

  async function apply({ entries, cursor, attempt }: Extract<SyncEffect, { type: 'apply' }>): Promise<void> {
    const generation = state?.generation;
    if (!(await turn('apply', attempt))) return;
    try {
      await replica.commit(async () => {
        // In a store that lost its data, these entries and this cursor would stand on nothing.
        if (state?.generation !== generation) throw new Error('superseded by a reset');
        const applied = applyEntries(entries, replica.rows, userId);
        for (const conversationId of applied.recount) {
          const row = applied.conversations.get(conversationId);
          if (row) applied.conversations.set(conversationId, await recountUnread(row, replica, userId, applied.events));
        }
        const { events, removeDrafts } = applied;
        return { conversations: [...applied.conversations.values()], events, removeDrafts, cursor };
      });
    } catch (error) {
      lastError.set('apply', error);
      dispatch({ type: 'apply failed' });
      return;
    }
    tell(entries, cursor);
    dispatch({ type: 'applied' });
  }

  function tell(entries: readonly InboxEntry[], cursor: Cursor): void {
    for (const { seq, event } of entries) {
      // What nobody hears need not be made: a catch-up is thousands.
      if (events.isHeard('entry')) events.emit('entry', { seq, event: event && reader.event(event) });
      if (event?.type === 'message.sent') events.emit('message', reader.messageOf(event));
    }
    events.emit('applied', { cursor, entries: entries.length });
  }

  async function snapshot({ cursor, generation, attempt }: Extract<SyncEffect, { type: 'snapshot' }>): Promise<void> {
    if (taking?.generation !== generation) {
      taking?.ended.abort();
      const isFresh = (): boolean => !hasCursor;
      const draftsStored = (): readonly CommandId[] => {
        // Within the transaction that brings the cursor.
        hasCursor = true;
        return options.draftsStoredAtReset();
      };
      const of = createSnapshot({ trpc, replica, cursor, isFresh, draftsStored });
      taking = { generation, of, ended: new AbortController() };
    }
    const { of, ended } = taking;
    if (!(await turn('snapshot', attempt, ended.signal)) || ended.signal.aborted) return;
    try {
      await of.take(ended.signal);
      dispatch({ type: 'snapshot done', generation });
    } catch (error) {
      lastError.set('snapshot', error);
      dispatch({ type: 'snapshot failed', generation });
    }
  }

  return {
    start: (cursor) => {
      if (closing.aborted || state) return;
      hasCursor = cursor !== null;
      const step = startSync(cursor === null ? null : parseCursor(cursor), bounds);
      state = step.state;
      for (const effect of step.effects) run(effect);
      onStatus();
    },
    status: () => {
      if (!state) return { state: 'stopped' };
      if (waitingUntil !== undefined) return { state: 'waiting', nextTryAt: waitingUntil };
      if (!state.connected) return { state: 'connecting' };
      return state.live ? { state: 'live' } : { state: 'catching-up', missing: missingIn(state) };
    },
    restart: () => {
      hasCursor = false;
      if (state) dispatch({ type: 'store lost' });
    },
    wake: () => hurry.abort(),
  };
}
