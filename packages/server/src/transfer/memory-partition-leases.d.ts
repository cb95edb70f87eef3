import type { NodeId } from '@tidemark/core';
import type { PartitionLeases } from './partition-leases.ts';
/** Partition → who writes it, and until when; what the processes of a deployment share. */
export type MemoryLeases = Map<number, {
    readonly owner: NodeId;
    readonly until: number;
}>;
/** PartitionLeases in memory. @param now milliseconds that never go back */
export declare function memoryPartitionLeases(leases: MemoryLeases, now: () => number): PartitionLeases;
