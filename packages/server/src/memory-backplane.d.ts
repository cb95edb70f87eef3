import { type Clock } from '@tidemark/core';
import type { Backplane, BackplaneOptions } from './backplane.ts';
import { type MemoryCounters } from './inbox/memory-inbox-seq.ts';
import { type MemoryStreams } from './ingress/memory-ingress-stream.ts';
import { type MemoryRegistry } from './notify/memory-nodes.ts';
import { type MemoryListeners } from './notify/memory-notifier.ts';
import { type MemoryOnline } from './notify/memory-presence.ts';
import { type MemoryLeases } from './transfer/memory-partition-leases.ts';
import { type MemoryRefusals } from './transfer/memory-refusals.ts';
/**
 * Everything a memory backplane knows. Backplanes on the same state behave as processes on one Redis. Made by
 * {@link createMemoryBackplaneState}; its fields are for tests and debuggers.
 */
export interface MemoryBackplaneState {
    readonly streams: MemoryStreams;
    readonly leases: MemoryLeases;
    readonly refusals: MemoryRefusals;
    readonly counters: MemoryCounters;
    readonly registry: MemoryRegistry;
    readonly online: MemoryOnline;
    readonly listeners: MemoryListeners;
}
export declare function createMemoryBackplaneState(): MemoryBackplaneState;
export interface MemoryBackplaneOptions extends BackplaneOptions {
    /** State to share with other backplanes of this process; by default its own, empty. */
    readonly shared?: MemoryBackplaneState;
    /** What leases and presence expire by; the system's by default. */
    readonly clock?: Clock;
}
/** The backplane of a deployment of one process: nothing to install, and nothing outlives the process. */
export declare function memoryBackplane(options: MemoryBackplaneOptions): Backplane;
