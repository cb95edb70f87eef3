import { type CommandId, type Cursor } from '@tidemark/core';
import type { LocalReplica } from '../local-store/local-replica.ts';
import type { MessagingTrpc } from '../messaging-trpc.ts';
export interface SnapshotOptions {
    readonly trpc: MessagingTrpc;
    readonly replica: LocalReplica;
    /** Where the feed goes on after it. */
    readonly cursor: Cursor;
    /** The local store holds no cursor: a crash has the next start take a snapshot again. */
    readonly isFresh: () => boolean;
    /** Called within the last transaction; gives the drafts that are stored on the server by now. */
    readonly draftsStored: () => readonly CommandId[];
}
/** The taking of one snapshot. */
export interface Snapshot {
    /** Resolves when rows and cursor are committed. Called again after a failure, it goes on with the page that failed. */
    take(signal: AbortSignal): Promise<void>;
}
/**
 * The conversation list, all pages. A conversation that moves to the front between two pages may be missed or come twice;
 * it moved because of an event after the reset, which the feed brings next.
 *
 * A new device shows each page as it comes: the first one clears what there may be, the last one brings the cursor. Until
 * then nothing of the feed is applied, and a start in between begins again, for there is no cursor. What is loaded of a
 * conversation meanwhile was read after the reset, so the feed brings all that follows it.
 *
 * A device that has shown something keeps it until everything is here, and replaces it in one transaction: its cursor still
 * stands for the old rows.
 */
export declare function createSnapshot({ trpc, replica, cursor, isFresh, draftsStored }: SnapshotOptions): Snapshot;
