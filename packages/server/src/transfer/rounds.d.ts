import type { Clock } from '@tidemark/core';
/**
 * Lets the partitions of a process go in step: who has carried out a batch begins the next one when the others have carried
 * out theirs. What they then ask of Redis and of the store they ask in one turn of the event loop, and it goes together. To
 * be in step costs nothing while little is to do, and under load it makes few large calls of many small ones; without it,
 * eight partitions would each make their own, for an eighth of the messages. Part of stage 3.
 *
 * Keeps   P7 a batch that takes long is left behind
 * Proved  test/transfer/rounds.test.ts
 */
export declare class Rounds {
    #private;
    constructor(clock: Clock);
    /** Resolves for all who wait: when no batch is in work, at the end of that turn, or after PATIENCE. */
    next(): Promise<void>;
    /** Carries out a batch, whose end those wait for who are to begin the next round. */
    work(batch: () => Promise<void>): Promise<void>;
}
