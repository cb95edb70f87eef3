/**
 * Stage   sync: decides what to do with what the feed says
 * In      feed items and pages in any order, repeated or with holes; connects and disconnects; outcomes of effects
 * Out     effects: subscribe, pull, snapshot, apply, report
 * Keeps   P8 (applied exactly once, contiguous), P9 (a reset rebuilds, and is reported), P10 (the cursor is moved only by
 *         an apply or a snapshot that succeeded), P11 (the queue is bounded: what does not fit is pulled later)
 * Proved  packages/client/test/sync-state.property.test.ts, sync-state.test.ts
 *
 * Pure: no time, no network, no store. The positions, all of one epoch:
 *
 *   cursor ≤ tail ≤ ahead     cursor: in the local store · tail: end of what is queued, contiguous · ahead: known to exist
 */
import {
  type Cursor,
  type CursorPosition,
  type Epoch,
  type FeedItem,
  formatCursor,
  type InboxEntry,
  type InboxPage,
  type ResetReason,
} from '@tidemark/core';

/** The last entry of what came together has the fingerprint with which the server's cursor stands on it. */
type QueuedEntry = InboxEntry & { readonly print?: string | undefined };

export interface SyncState {
  readonly epoch: Epoch | null;
  readonly cursor: number;
  readonly tail: number;
  readonly ahead: number;
  /** Fingerprints of what cursor and tail stand on, as far as they are known; see `formatCursor`. */
  readonly cursorPrint: string | undefined;
  readonly tailPrint: string | undefined;
  /** The server's newest seq as a catch-up names it, for showing alone; null while it has not. */
  readonly head: number | null;
  /** A page said that there is more after it. May be wrong; only the next page tells. */
  readonly more: boolean;
  /** Entries cursor+1 … tail. The first `applying` of them are in the hands of the local store. */
  readonly queue: readonly QueuedEntry[];
  readonly applying: number;
  /** A snapshot is under way, or waits for the apply under way: nothing is applied meanwhile. */
  readonly reset: { readonly reason: ResetReason; readonly fetching: boolean } | null;
  readonly pulling: boolean;
  /** A frame of another epoch came: the server is asked once whether the cursor still holds. */
  readonly verify: boolean;
  /** The subscription is started, and frames may come. */
  readonly connected: boolean;
  /** The position at which the feed is live, until it is reached and reported; then null. */
  readonly liveAt: number | null;
  readonly live: boolean;
  /** Catch-ups of this server name its newest seq, so that an entry without it is a live one. */
  readonly tellsHeads: boolean;
  /** Raised by each reset: answers to questions asked before it are of another world and are dropped. */
  readonly generation: number;
  /** Failures in a row. */
  readonly failures: {
    readonly feed: number;
    readonly pull: number;
    readonly apply: number;
    readonly snapshot: number;
  };
  readonly bounds: SyncBounds;
}

export interface SyncBounds {
  /** Entries that wait for the local store. */
  readonly queue: number;
  /** Entries in one local transaction. */
  readonly batch: number;
}

export const DEFAULT_SYNC_BOUNDS: SyncBounds = { queue: 2_000, batch: 500 };

export type SyncInput =
  /** The subscription is started, at first or again. */
  | { readonly type: 'connected' }
  /** The socket is lost; the link reconnects, and resumes the subscription, by itself. */
  | { readonly type: 'disconnected' }
  /** The subscription is over and has to be made anew. */
  | { readonly type: 'feed-ended' }
  /** The server does not take the cursor for one of its own. */
  | { readonly type: 'cursor-rejected' }
  /** What the local store held is gone, the cursor too; what is in its hands will fail. */
  | { readonly type: 'store-lost' }
  /** `epoch`, `seq` and `fingerprint` of the item's tracked id. */
  | {
      readonly type: 'item';
      readonly epoch: Epoch;
      readonly seq: number;
      readonly fingerprint?: string | undefined;
      readonly item: FeedItem;
    }
  | {
      readonly type: 'page';
      readonly generation: number;
      readonly page: InboxPage;
      readonly epoch: Epoch;
      readonly seq: number;
      readonly fingerprint?: string | undefined;
    }
  | { readonly type: 'pull-failed'; readonly generation: number }
  | { readonly type: 'applied' }
  | { readonly type: 'apply-failed' }
  | { readonly type: 'snapshot-done'; readonly generation: number }
  | { readonly type: 'snapshot-failed'; readonly generation: number };

/** `attempt`: failures before it; the driver waits accordingly. */
export type SyncEffect =
  /** Ends the subscription there is, and makes one from `cursor`. */
  | { readonly type: 'subscribe'; readonly cursor: Cursor | null; readonly attempt: number }
  | { readonly type: 'pull'; readonly cursor: Cursor; readonly generation: number; readonly attempt: number }
  /** Entries and cursor in one local transaction; then `applied` or `apply failed`. One at a time. */
  | {
      readonly type: 'apply';
      readonly entries: readonly InboxEntry[];
      readonly cursor: Cursor;
      readonly attempt: number;
    }
  /** Replaces the local data and sets the cursor, in one transaction; never while an apply is under way. */
  | { readonly type: 'snapshot'; readonly cursor: Cursor; readonly generation: number; readonly attempt: number }
  | { readonly type: 'report'; readonly event: SyncReport };

export type SyncReport =
  | { readonly type: 'reset'; readonly reason: ResetReason; readonly cursor: Cursor }
  | { readonly type: 'live'; readonly cursor: Cursor }
  | { readonly type: 'gap'; readonly after: number; readonly upTo: number };

export interface SyncStep {
  readonly state: SyncState;
  readonly effects: readonly SyncEffect[];
}

/** @param cursor what the local store holds; null on a new device. The first effect is to subscribe. */
export function startSync(
  cursor: (Pick<CursorPosition, 'epoch' | 'fingerprint'> & { readonly seq: number }) | null,
  bounds: SyncBounds = DEFAULT_SYNC_BOUNDS,
): SyncStep {
  const position = cursor?.seq ?? 0;
  const state: SyncState = {
    epoch: cursor?.epoch ?? null,
    cursor: position,
    tail: position,
    ahead: position,
    cursorPrint: cursor?.fingerprint,
    tailPrint: cursor?.fingerprint,
    head: null,
    more: false,
    queue: [],
    applying: 0,
    reset: null,
    pulling: false,
    verify: false,
    connected: false,
    liveAt: null,
    live: false,
    tellsHeads: false,
    generation: 0,
    failures: { feed: 0, pull: 0, apply: 0, snapshot: 0 },
    bounds,
  };
  return { state, effects: [subscribe(state)] };
}

export function syncStep(state: SyncState, input: SyncInput): SyncStep {
  // An answer to what was asked before a reset.
  if ('generation' in input && input.generation !== state.generation) return { state, effects: [] };
  switch (input.type) {
    case 'connected':
      return advance({ ...state, connected: true });
    case 'disconnected':
      return advance(offline(state));
    case 'feed-ended': {
      const next = offline(failed(state, 'feed'));
      // From the tail: what was seen beyond it comes again, in order.
      return advance({ ...next, ahead: next.tail }, [subscribe(next)]);
    }
    case 'store-lost':
    case 'cursor-rejected': {
      // Nothing is wrong with the feed when it is only this side that forgot.
      const next = offline({
        ...(input.type === 'cursor-rejected' ? failed(state, 'feed') : state),
        epoch: null,
        more: false,
        queue: state.queue.slice(0, state.applying),
        reset: null,
        pulling: false,
        generation: state.generation + 1,
      });
      return advance(next, [subscribe(next)]);
    }
    case 'item':
      return takeItem(state, input);
    case 'page':
      return takePage(state, input);
    case 'pull-failed':
      return advance({ ...failed(state, 'pull'), pulling: false });
    case 'applied':
      return advance(applied(state));
    case 'apply-failed':
      return advance(applyFailed(state));
    case 'snapshot-done':
      return snapshotDone(state);
    case 'snapshot-failed':
      if (!state.reset) return { state, effects: [] };
      return advance({ ...failed(state, 'snapshot'), reset: { ...state.reset, fetching: false } });
  }
}

function takeItem(state: SyncState, input: Extract<SyncInput, { type: 'item' }>): SyncStep {
  const { epoch, seq, item } = input;
  // The first item of a feed says so, whichever it is.
  const tellsHeads = state.tellsHeads || item.feed?.wire !== undefined;
  if (item.type === 'reset') return advance(begin({ ...works(state, 'feed'), tellsHeads }, input, item.reason));
  // A feed without a cursor begins with a reset; this one lost it.
  if (state.epoch === null) return syncStep(state, { type: 'feed-ended' });
  // An entry of another epoch is never applied. It is a late frame of the epoch before, or the reset was lost: ask.
  if (epoch !== state.epoch) return advance({ ...state, verify: true });
  // Failures are in a row until an item arrives, not until the subscription starts: it may start and fail each time.
  const next = { ...works(state, 'feed'), tellsHeads };
  if (item.type === 'live') return advance({ ...next, live: false, liveAt: seq, ahead: Math.max(next.ahead, seq) });
  // The word that it is live was lost, or overtaken by a reset.
  const isLateLive = tellsHeads && item.head === undefined && !next.live;
  const known = isLateLive ? { ...next, liveAt: Math.max(next.liveAt ?? 0, seq) } : next;
  return advance(accept(withHead(known, item.head), item.entries, seq, input.fingerprint));
}

function takePage(state: SyncState, input: Extract<SyncInput, { type: 'page' }>): SyncStep {
  const { page, epoch, seq, generation } = input;
  if (page.type === 'reset') return advance(begin(state, input, page.reason));
  if (epoch !== state.epoch) return syncStep(state, { type: 'pull-failed', generation });
  const more = accept(
    withHead({ ...state, pulling: false, verify: false }, page.head),
    page.entries,
    seq,
    input.fingerprint,
  );
  const next = { ...more, ahead: Math.max(more.ahead, seq), more: page.hasMore };
  // An answer that brings nothing although there is something is asked for again, but not in a tight loop.
  const progress = next.tail > state.tail || (next.ahead === next.tail && !next.more);
  return advance((progress ? works : failed)(next, 'pull'));
}

type Failing = keyof SyncState['failures'];

/** One more of them. */
function failed(state: SyncState, what: Failing): SyncState {
  return { ...state, failures: { ...state.failures, [what]: state.failures[what] + 1 } };
}

function works(state: SyncState, what: Failing): SyncState {
  return { ...state, failures: { ...state.failures, [what]: 0 } };
}

function withHead(state: SyncState, head: number | undefined): SyncState {
  return head === undefined ? state : { ...state, head: Math.max(state.head ?? 0, head) };
}

/** Entries that are known to exist and not in the local store; `null` while the server has not said how far it goes. */
export function missingIn({ head, ahead, cursor, reset }: SyncState): number | null {
  return head === null || reset ? null : Math.max(head, ahead) - cursor;
}

/** Queues what continues the tail; drops what is known; remembers that there is more than fits or follows. */
function accept(state: SyncState, entries: readonly InboxEntry[], at: number, fingerprint?: string): SyncState {
  const room = state.bounds.queue - state.queue.length;
  const fresh: QueuedEntry[] = [];
  let { tail, ahead, tailPrint } = state;
  for (const entry of entries) {
    if (entry.seq === tail + 1 && fresh.length < room) {
      tail = entry.seq;
      tailPrint = tail === at ? fingerprint : undefined;
      fresh.push(tailPrint ? { ...entry, print: tailPrint } : entry);
    }
    ahead = Math.max(ahead, entry.seq);
  }
  return { ...state, queue: state.queue.concat(fresh), tail, ahead, tailPrint };
}

function applied(state: SyncState): SyncState {
  const last = state.queue[state.applying - 1];
  // After a reset the entries and this cursor are from before it; the snapshot replaces both.
  return {
    ...works(state, 'apply'),
    queue: state.queue.slice(state.applying),
    applying: 0,
    cursor: last?.seq ?? state.cursor,
    cursorPrint: state.reset ? state.cursorPrint : last?.print,
  };
}

function applyFailed(state: SyncState): SyncState {
  // What the local store was given is from before the reset.
  const isSuperseded = state.reset !== null || state.epoch === null;
  return {
    ...failed(state, 'apply'),
    queue: isSuperseded ? state.queue.slice(state.applying) : state.queue,
    applying: 0,
  };
}

/** Forgets everything queued: it goes on from `seq` of `epoch`, after a snapshot. */
function begin(
  state: SyncState,
  { epoch, seq, fingerprint }: Pick<CursorPosition, 'epoch' | 'fingerprint'> & { readonly seq: number },
  reason: ResetReason,
): SyncState {
  return {
    ...state,
    epoch,
    tail: seq,
    ahead: seq,
    // Where the snapshot will stand; what is applied meanwhile is from before the reset.
    cursorPrint: fingerprint,
    tailPrint: fingerprint,
    head: null,
    more: false,
    // What the local store holds at this moment cannot be taken back; its outcome is awaited, and dropped.
    queue: state.queue.slice(0, state.applying),
    reset: { reason, fetching: false },
    pulling: false,
    verify: false,
    live: false,
    liveAt: null,
    generation: state.generation + 1,
    failures: { ...state.failures, snapshot: 0, pull: 0 },
  };
}

function snapshotDone(state: SyncState): SyncStep {
  if (!state.reset || state.epoch === null) return { state, effects: [] };
  const cursor = state.tail - state.queue.length;
  const { reason } = state.reset;
  const report: SyncReport = { type: 'reset', reason, cursor: formatCursor(state.epoch, cursor, state.cursorPrint) };
  const next = { ...works(works(state, 'snapshot'), 'apply'), cursor, reset: null };
  return advance(next, [{ type: 'report', event: report }]);
}

function offline(state: SyncState): SyncState {
  return { ...state, connected: false, live: false, liveAt: null, head: null };
}

/** What has to happen now, in every state: called after each change, so that nothing is forgotten in any order of events. */
function advance(state: SyncState, before: readonly SyncEffect[] = []): SyncStep {
  const effects = [...before];
  let next = state;
  const { epoch } = next;
  if (epoch === null) return { state: next, effects };

  if (next.applying === 0 && next.reset && !next.reset.fetching) {
    // The base of the queue is where the snapshot stands.
    const cursor = formatCursor(epoch, next.tail - next.queue.length, next.cursorPrint);
    effects.push({ type: 'snapshot', cursor, generation: next.generation, attempt: next.failures.snapshot });
    next = { ...next, reset: { ...next.reset, fetching: true } };
  }
  if (next.applying === 0 && !next.reset && next.queue.length > 0) {
    const entries = next.queue.slice(0, next.bounds.batch);
    const { seq, print } = entries.at(-1) as QueuedEntry;
    const cursor = formatCursor(epoch, seq, print);
    effects.push({ type: 'apply', entries, cursor, attempt: next.failures.apply });
    next = { ...next, applying: entries.length };
  }
  const roomy = next.queue.length <= next.bounds.queue / 2;
  const missing = next.ahead > next.tail;
  const isWanted = missing || next.more || next.verify;
  if (next.connected && !next.pulling && isWanted && roomy) {
    if (missing && next.failures.pull === 0)
      effects.push({ type: 'report', event: { type: 'gap', after: next.tail, upTo: next.ahead } });
    const cursor = formatCursor(epoch, next.tail, next.tailPrint);
    effects.push({ type: 'pull', cursor, generation: next.generation, attempt: next.failures.pull });
    next = { ...next, pulling: true };
  }
  // `ahead` has reached `liveAt` when `liveAt` is set.
  if (next.connected && !next.reset && next.liveAt !== null && next.cursor === next.ahead && !next.more) {
    next = { ...next, live: true, liveAt: null };
    effects.push({
      type: 'report',
      event: { type: 'live', cursor: formatCursor(epoch, next.cursor, next.cursorPrint) },
    });
  }
  return { state: next, effects };
}

function subscribe(state: SyncState): SyncEffect {
  const cursor = state.epoch === null ? null : formatCursor(state.epoch, state.tail, state.tailPrint);
  return { type: 'subscribe', cursor, attempt: state.failures.feed };
}
