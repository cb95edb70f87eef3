import type { Epoch, UserId } from '@tidemark/core';
import { type InboxSeq } from './inbox-seq.ts';
/** Counters by epoch; what the processes of a deployment share. */
export type MemoryCounters = Map<Epoch, CountersOfEpoch>;
interface CountersOfEpoch {
    readonly seqs: Map<UserId, number>;
    /** Monotonic ms at which a counter was restored, until it has proved itself. */
    readonly restoredAt: Map<UserId, number>;
}
/** InboxSeq in memory: nothing awaits between looking and writing, so every call is atomic. */
export declare function memoryInboxSeq(counters: MemoryCounters, epoch: Epoch, monotonic: () => number): InboxSeq;
export {};
