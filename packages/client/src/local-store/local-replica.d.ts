import type { Clock, ConversationId, Cursor, Event, Random, UserId } from '@tidemark/core';
import type { ClientEmitter, Retried } from '../client-events.ts';
import type { ConversationRow } from './conversation-row.ts';
import type { Draft, LocalChanges, LocalEventsQuery, LocalState, LocalStore } from './local-store.ts';
/** Back-off of everything in the client that is tried again, in ms. */
export interface RetryTiming {
    readonly clock: Clock;
    readonly random: Random;
    readonly base: number;
    readonly cap: number;
}
/** Hears of a committed change. `elsewhere`: another tab committed it. */
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
    /** Waits for the job under way; later ones reject. */
    close(): Promise<void>;
    /** After `close`: removes what the store holds of the user. */
    erase(): Promise<void>;
    readonly rows: ReadonlyMap<ConversationId, ConversationRow>;
    /** As loaded last. */
    readonly initial: {
        readonly cursor: Cursor | null;
        readonly drafts: readonly Draft[];
    };
    events(query: LocalEventsQuery): Promise<Event[]>;
    /** Runs the job in its turn and commits what it returns. `undefined`: nothing to do. Rejects when the store does. */
    commit(job: Job): Promise<void>;
    /** The same, again and again until it succeeds; rejects only when the client closes. */
    commitSurely(what: Retried, job: Job): Promise<void>;
    /** Called synchronously after each commit, in the order of subscription. */
    onCommit(listener: CommitListener): () => void;
    /**
     * Called when the store lost what it had and was opened anew: rows and cursor are gone, and have to be fetched. A job
     * under way then does not write, and rejects.
     */
    onLost(listener: () => void): () => void;
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
export declare function createLocalReplica(store: LocalStore, userId: UserId, timing: RetryTiming, events: ClientEmitter, closing: AbortSignal): LocalReplica;
export {};
