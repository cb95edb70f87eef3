import type { Clock } from '@tidemark/core';
/** What `close` waits for, in this order: commands in work, sockets, the opening, partitions and purging, feeds, ports. */
export type ClosingStep = 'sockets' | 'opening' | 'partitions' | 'purging' | 'feeds' | 'backplane' | 'storage';
type Steps = Readonly<Partial<Record<ClosingStep, () => Promise<unknown>>>>;
/**
 * Carries the steps out, group after group, those of a group together, and resolves when all have ended, or after `ms`.
 * Then the groups that are left are begun all the same, so that connections are let go of, and nobody waits for them.
 * Returns the steps that were being waited for when the time was over: a port hangs in each of them.
 *
 * Rejects with the error of a step that fails in time.
 */
export declare function closeInOrder(groups: readonly Steps[], ms: number, clock: Clock): Promise<ClosingStep[]>;
export {};
