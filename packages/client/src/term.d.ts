/**
 * What one client does for all tabs while it leads: syncs, and brings what only the server has. Made anew for each term of
 * leadership; without other tabs there is one, as long as the client.
 */
import type { ConversationId } from '@tidemark/core';
import type { LocalReplica } from './local-store/local-replica.ts';
import { type ReadMarks } from './send/read-marks.ts';
import { type KeyedTasks } from './sync/keyed-tasks.ts';
import { type Sync, type SyncOptions } from './sync/sync.ts';
export interface Term {
    readonly signal: AbortSignal;
    /** Writes for this term only. */
    readonly replica: LocalReplica;
    readonly sync: Sync;
    readonly refreshes: KeyedTasks<ConversationId>;
    readonly readMarks: ReadMarks;
    /** Begins, from what the local store holds. */
    start(): void;
    /** The connection is back. */
    wake(): void;
}
/** Those of sync, whose end is that of the term. */
export interface TermOptions extends Omit<SyncOptions, 'closing'> {
    readonly signal: AbortSignal;
}
export declare function createTerm(options: TermOptions): Term;
