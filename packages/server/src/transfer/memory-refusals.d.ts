import { type Refusal, type Refusals } from './refusals.ts';
/** Partition → its refusals, and how many were dropped before them; what the processes of a deployment share. */
export type MemoryRefusals = Map<number, {
    readonly kept: Refusal[];
    dropped: number;
}>;
/** Refusals in memory. A position is a count; nothing expires, since a process remembers no longer than it lives. */
export declare function memoryRefusals(partitions: MemoryRefusals): Refusals;
