/**
 * Stage   sync: carries out what sync-state decides, on the real feed and the local store
 * In      the feed, pages, snapshots
 * Out     local rows and the cursor, in one local transaction; events
 * Keeps   P8 P9 P10 P11
 * Proved  packages/client/test/sync.test.ts, sync-state.property.test.ts
 */
import { type CommandId, type Cursor, type UserId } from '@tidemark/core';
import type { ClientEmitter } from '../client-events.ts';
import { type Connection } from '../connection/connection.ts';
import type { LocalReplica, RetryTiming } from '../local-store/local-replica.ts';
import type { MessagingTrpc } from '../messaging-trpc.ts';
import type { Reader } from '../received.ts';
import { type SyncBounds } from './sync-state.ts';
export type SyncStatus = {
    readonly state: 'stopped' | 'connecting' | 'live';
}
/** `missing`: entries that are not in the local store yet; `null` while nobody has said how many. */
 | {
    readonly state: 'catching-up';
    readonly missing: number | null;
} | {
    readonly state: 'waiting';
    readonly nextTryAt: number;
};
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
export declare function createSync(options: SyncOptions): Sync;
