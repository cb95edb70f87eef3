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
import { type Cursor, type Epoch, type FeedItem, type InboxEntry, type InboxPage, type ResetReason } from '@tidemark/core';
export interface SyncState {
    readonly epoch: Epoch | null;
    readonly cursor: number;
    readonly tail: number;
    readonly ahead: number;
    /** The server's newest seq as a catch-up names it, for showing alone; null while it has not. */
    readonly head: number | null;
    /** Entries cursor+1 … tail. The first `applying` of them are in the hands of the local store. */
    readonly queue: readonly InboxEntry[];
    readonly applying: number;
    /** A snapshot is under way, or waits for the apply under way: nothing is applied meanwhile. */
    readonly reset: {
        readonly reason: ResetReason;
        readonly fetching: boolean;
    } | null;
    readonly pulling: boolean;
    /** A frame of another epoch came: the server is asked once whether the cursor still holds. */
    readonly verify: boolean;
    /** The subscription is started, and frames may come. */
    readonly connected: boolean;
    /** The position that was announced as live and has to be reached first; null when that was reported. */
    readonly liveAt: number | null;
    readonly live: boolean;
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
export declare const DEFAULT_SYNC_BOUNDS: SyncBounds;
export type SyncInput = 
/** The subscription is started, at first or again. */
{
    readonly type: 'connected';
}
/** The socket is lost; the link reconnects, and resumes the subscription, by itself. */
 | {
    readonly type: 'disconnected';
}
/** The subscription is over and has to be made anew. */
 | {
    readonly type: 'feed ended';
}
/** The server does not take the cursor for one of its own. */
 | {
    readonly type: 'cursor refused';
}
/** What the local store held is gone, the cursor too; what is in its hands will fail. */
 | {
    readonly type: 'store lost';
}
/** `epoch` of the item's tracked id. */
 | {
    readonly type: 'item';
    readonly epoch: Epoch;
    readonly seq: number;
    readonly item: FeedItem;
} | {
    readonly type: 'page';
    readonly generation: number;
    readonly page: InboxPage;
    readonly epoch: Epoch;
    readonly seq: number;
} | {
    readonly type: 'pull failed';
    readonly generation: number;
} | {
    readonly type: 'applied';
} | {
    readonly type: 'apply failed';
} | {
    readonly type: 'snapshot done';
    readonly generation: number;
} | {
    readonly type: 'snapshot failed';
    readonly generation: number;
};
/** `attempt`: failures before it; the driver waits accordingly. */
export type SyncEffect = 
/** Ends the subscription there is, and makes one from `cursor`. */
{
    readonly type: 'subscribe';
    readonly cursor: Cursor | null;
    readonly attempt: number;
} | {
    readonly type: 'pull';
    readonly cursor: Cursor;
    readonly generation: number;
    readonly attempt: number;
}
/** Entries and cursor in one local transaction; then `applied` or `apply failed`. One at a time. */
 | {
    readonly type: 'apply';
    readonly entries: readonly InboxEntry[];
    readonly cursor: Cursor;
    readonly attempt: number;
}
/** Replaces the local data and sets the cursor, in one transaction; never while an apply is under way. */
 | {
    readonly type: 'snapshot';
    readonly cursor: Cursor;
    readonly generation: number;
    readonly attempt: number;
} | {
    readonly type: 'report';
    readonly event: SyncReport;
};
export type SyncReport = {
    readonly type: 'reset';
    readonly reason: ResetReason;
    readonly cursor: Cursor;
} | {
    readonly type: 'live';
    readonly cursor: Cursor;
} | {
    readonly type: 'gap';
    readonly after: number;
    readonly upTo: number;
};
export interface SyncStep {
    readonly state: SyncState;
    readonly effects: readonly SyncEffect[];
}
/** @param cursor what the local store holds; null on a new device. The first effect is to subscribe. */
export declare function startSync(cursor: {
    epoch: Epoch;
    seq: number;
} | null, bounds?: SyncBounds): SyncStep;
export declare function syncStep(state: SyncState, input: SyncInput): SyncStep;
/** Entries that are known to exist and not in the local store; `null` while the server has not said how far it goes. */
export declare function missingIn({ head, ahead, cursor, reset }: SyncState): number | null;
