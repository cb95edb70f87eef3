/**
 * Stage   sync: carries out what sync-state decides, on the real feed and the local store
 * In      the feed, pages, snapshots
 * Out     local rows and the cursor, in one local transaction; events
 * Keeps   P8 P9 P10 P11
 * Proved  packages/client/test/sync.test.ts, sync-state.property.test.ts
 */
import {
  type Cursor,
  type ErrorCode,
  type FeedInfo,
  type FeedItem,
  type InboxEntry,
  parseCursor,
  TidemarkError,
  type UserId,
  WIRE_VERSION,
} from '@tidemark/core';
import { onAbort, type WakeSignal } from '../abort-signal.ts';
import { isServersAnswer, toTidemarkError } from '../call-error.ts';
import type { ClientEmitter, Retried } from '../client-events.ts';
import type { Connection } from '../connection/connection.ts';
import { type ConnectionCause, textOf, UNREADABLE } from '../connection/connection-cause.ts';
import { whenSignedIn } from '../connection/when-signed-in.ts';
import type { LocalReplica } from '../local-store/local-replica.ts';
import type { FeedSubscription, MessagingTrpc } from '../messaging-trpc.ts';
import type { Reader } from '../received.ts';
import { type RetryTiming, waitToRetry } from '../retry.ts';
import { applyEntries } from './apply-entries.ts';
import {
  DEFAULT_SYNC_BOUNDS,
  missingIn,
  type SyncEffect,
  type SyncInput,
  type SyncState,
  startSync,
  syncStep,
} from './sync-state.ts';
import { createSnapshot, type Snapshot } from './take-snapshot.ts';
import { recountUnread } from './unread.ts';
import { withRegisters } from './with-registers.ts';

export type SyncStatus =
  | { readonly state: 'stopped' | 'connecting' | 'live' }
  /** `missing`: entries that are not in the local store yet; `null` while nobody has said how many. */
  | { readonly state: 'catching-up'; readonly missing: number | null }
  | { readonly state: 'waiting'; readonly nextTryAt: number; readonly cause: ConnectionCause }
  | { readonly state: 'signed-out'; readonly cause: ConnectionCause };

export interface SyncOptions {
  readonly trpc: MessagingTrpc;
  readonly userId: UserId;
  readonly replica: LocalReplica;
  readonly events: ClientEmitter;
  readonly reader: Reader;
  readonly timing: RetryTiming;
  /** Entries of the feed that may wait for the local store. */
  readonly queueLimit: number;
  readonly connection: Connection | undefined;
  readonly closing: AbortSignal;
  /** Waits of the feed end now: the connection is back, or all is over. */
  readonly woken: WakeSignal;
  readonly onStatus: () => void;
  /** Called inside the transaction from which on the feed goes on somewhere else. */
  readonly onReset: () => void;
}

export interface Sync {
  /** Once, after the local store was loaded. */
  start(cursor: Cursor | null): void;
  status(): SyncStatus;
  /** The feed has said that it is this user's, and no connection was lost since: what is sent now is sent as this user. */
  readonly isConfirmed: boolean;
  /** What the server takes; `undefined` while it has not said. */
  readonly limits: FeedInfo['limits'] | undefined;
  /** The local store lost rows and cursor: goes on like a new device. */
  restart(): void;
}

const unreadable = new Error(UNREADABLE.detail);

type Attempt = Omit<Extract<SyncEffect, { type: 'subscribe' }>, 'type'>;
type Version = { readonly wire?: number };

export function createSync(options: SyncOptions): Sync {
  const { trpc, userId, replica, events, reader, timing, queueLimit, connection, closing, woken, onStatus } = options;
  let state: SyncState | undefined;
  let subscription: { readonly feed: FeedSubscription } | undefined;
  /** Names the subscription whose callbacks count; none when the term is over. */
  let current: object | undefined;
  let waitingUntil: number | undefined;
  /** The sockets that had been opened when the feed said that it is this user's; `null`: it has not, since it was lost. */
  let confirmedAt: number | undefined | null = null;
  /** The last that a feed said of itself: from then on the first item of each has to say it. */
  let info: FeedInfo | undefined;
  /** Why the feed ended, and how often in a row it was refused to this user. */
  let cause: ConnectionCause = { reason: 'lost', detail: 'the feed has not begun' };
  let denials = 0;
  let taking: { readonly generation: number; readonly of: Snapshot; readonly ended: AbortController } | undefined;
  /** The local store may hold a cursor. */
  let hasCursor = false;
  const lastError = new Map<Retried, unknown>();
  const inputs: SyncInput[] = [];
  let stepping = false;

  onAbort(closing, () => {
    taking?.ended.abort();
    current = undefined;
    subscription?.feed.unsubscribe();
    subscription = undefined;
    state = undefined;
    onStatus();
  });

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
    if (effect.type === 'report') events.emit(effect.event.type, effect.event as never);
    else void { subscribe, pull, apply, snapshot }[effect.type](effect as never);
  }

  /** Waits before a repeated attempt; false when the client closed meanwhile. */
  async function turn(what: Retried, attempt: number, signal: AbortSignal = closing): Promise<boolean> {
    if (attempt > 0) {
      const failed = { what, attempt: attempt - 1, error: lastError.get(what) };
      await waitToRetry(failed, timing, events, signal, (waitMs) => {
        if (what !== 'feed') return;
        waitingUntil = timing.clock.now() + waitMs;
        onStatus();
      });
    }
    return !closing.aborted;
  }

  /** @param version what we say of ours: release 0.1 refuses an input that says it, and is asked again without; it is too old from version 3 on */
  async function subscribe({ cursor, attempt }: Attempt, version: Version = { wire: WIRE_VERSION }): Promise<void> {
    const own = {};
    current = own;
    const isCurrent = (): boolean => current === own;
    subscription?.feed.unsubscribe();
    subscription = undefined;
    confirmedAt = null;
    await turn('feed', attempt, woken.signal);
    if (!isCurrent()) return;
    waitingUntil = undefined;
    await whenSignedIn(connection, closing);
    if (!isCurrent()) return;
    onStatus();

    const end = (error: unknown): void => {
      if (!isCurrent()) return;
      current = undefined;
      lastError.set('feed', error);
      const { code } = toTidemarkError(error);
      if (code === 'invalid_input' && version.wire) {
        void subscribe({ cursor, attempt: 0 }, {});
        return;
      }
      cause = causeOf(code, error);
      if (code === 'unauthenticated') deny();
      if (code === 'displaced') connection?.displaced?.();
      if (code === 'incompatible') connection?.incompatible?.(cause);
      dispatch({ type: code === 'invalid_cursor' ? 'cursor-rejected' : 'feed-ended' });
    };
    const started = (): void => {
      if (isCurrent() && !state?.connected) dispatch({ type: 'connected' });
    };
    const input = { cursor, ...version };
    const feed = trpc.inbox.feed.subscribe(input, {
      onStarted: started,
      onData: (item) => {
        started();
        if (!isCurrent()) return;
        // The item went through another transformer.
        if (!item?.data?.type) end(unreadable);
        else if (isOurs(item.data, end)) take(item.id, item.data, end);
      },
      onError: end,
      onComplete: () => end(new Error('the server ended the feed')),
      onConnectionStateChange: (change) => {
        if (!isCurrent() || change.state === 'pending') return;
        confirmedAt = null;
        if (state?.connected) dispatch({ type: 'disconnected' });
      },
    });
    if (isCurrent()) subscription = { feed };
    else feed.unsubscribe();
  }

  /** Whether the item is of this user's feed: the server says whose the connection is. Fails the feed of anybody else. */
  function isOurs({ feed }: FeedItem, fail: (error: unknown) => void): boolean {
    if (feed && feed.userId !== userId) {
      fail(new TidemarkError('unauthenticated', 'the server takes this connection for another user'));
      return false;
    }
    if (isConfirmed() || (info && !feed)) return true;
    info = feed;
    confirmedAt = connection?.opened;
    denials = 0;
    connection?.accepted?.();
    onStatus();
    return true;
  }

  function isConfirmed(): boolean {
    return confirmedAt === connection?.opened;
  }

  /** The token is fetched anew, once. What has no connection of ours can only try again. */
  function deny(): void {
    denials += 1;
    if (connection?.denied) connection.denied(cause);
    else connection?.renew();
  }

  function take(id: string, item: FeedItem, fail: (error: unknown) => void): void {
    let position: ReturnType<typeof parseCursor>;
    try {
      position = parseCursor(id);
    } catch {
      fail(new Error(`the feed sent an id that is no cursor: ${id}`));
      return;
    }
    dispatch({ type: 'item', ...position, item });
  }

  async function pull({ cursor, generation, attempt }: Extract<SyncEffect, { type: 'pull' }>): Promise<void> {
    if (!(await turn('pull', attempt))) return;
    try {
      const page = await trpc.inbox.since.query({ cursor }, { signal: closing });
      dispatch({ type: 'page', generation, page, ...parseCursor(page.cursor) });
    } catch (error) {
      lastError.set('pull', error);
      const isRefused = toTidemarkError(error).code === 'invalid_cursor' && state?.generation === generation;
      dispatch(isRefused ? { type: 'cursor-rejected' } : { type: 'pull-failed', generation });
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
        const events = await withRegisters(applied.events, replica, userId);
        for (const conversationId of applied.recount) {
          const row = applied.conversations.get(conversationId);
          if (row) applied.conversations.set(conversationId, await recountUnread(row, replica, userId, events));
        }
        const { removeDrafts } = applied;
        return { conversations: [...applied.conversations.values()], events, removeDrafts, cursor };
      });
    } catch (error) {
      lastError.set('apply', error);
      dispatch({ type: 'apply-failed' });
      return;
    }
    emitEntries(entries, cursor);
    dispatch({ type: 'applied' });
  }

  function emitEntries(entries: readonly InboxEntry[], cursor: Cursor): void {
    for (const { seq, event } of entries) {
      // Built for listeners alone: a catch-up has thousands.
      if (events.isHeard('entry')) events.emit('entry', { seq, event: event && reader.event(event) });
      if (event?.type === 'message.sent') events.emit('message', reader.messageOf(event));
    }
    events.emit('applied', { cursor, entries: entries.length });
  }

  async function snapshot({ cursor, generation, attempt }: Extract<SyncEffect, { type: 'snapshot' }>): Promise<void> {
    if (taking?.generation !== generation) {
      taking?.ended.abort();
      const isFresh = (): boolean => !hasCursor;
      const onLast = (): void => {
        hasCursor = true;
        options.onReset();
      };
      const of = createSnapshot({ trpc, replica, cursor, isFresh, onLast });
      taking = { generation, of, ended: new AbortController() };
    }
    const { of, ended } = taking;
    if (!(await turn('snapshot', attempt, ended.signal)) || ended.signal.aborted) return;
    try {
      await of.take(ended.signal);
      dispatch({ type: 'snapshot-done', generation });
    } catch (error) {
      lastError.set('snapshot', error);
      dispatch({ type: 'snapshot-failed', generation });
    }
  }

  return {
    start: (cursor) => {
      if (closing.aborted || state) return;
      hasCursor = cursor !== null;
      const bounds = { ...DEFAULT_SYNC_BOUNDS, queue: queueLimit };
      const step = startSync(cursor === null ? null : parseCursor(cursor), bounds);
      state = step.state;
      for (const effect of step.effects) run(effect);
      onStatus();
    },
    status: () => {
      if (!state) return { state: 'stopped' };
      if (waitingUntil !== undefined) {
        return denials > 1 ? { state: 'signed-out', cause } : { state: 'waiting', nextTryAt: waitingUntil, cause };
      }
      if (!state.connected) return { state: 'connecting' };
      return state.live ? { state: 'live' } : { state: 'catching-up', missing: missingIn(state) };
    },
    get isConfirmed() {
      return isConfirmed();
    },
    get limits() {
      return info?.limits;
    },
    restart: () => {
      hasCursor = false;
      if (state) dispatch({ type: 'store-lost' });
    },
  };
}

function causeOf(code: ErrorCode, error: unknown): ConnectionCause {
  if (error === unreadable) return UNREADABLE;
  const detail = textOf(error);
  if (code === 'unauthenticated') return { reason: error instanceof TidemarkError ? 'another-user' : code, detail };
  return { reason: isServersAnswer(error) ? 'refused' : 'lost', detail };
}
