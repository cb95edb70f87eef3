import { type Clock, type NodeId, type Random } from '@tidemark/core';
import type { IngressStream, PartitionReader } from '../ingress/ingress-stream.ts';
import type { Nodes } from '../notify/nodes.ts';
import type { ServerEventBus } from '../server-events.ts';
import type { PartitionLeases } from './partition-leases.ts';
import type { Transfer } from './transfer.ts';
/**
 * Decides which partitions this worker writes, and runs a reader for each; these go in `Rounds`. Part of stage 3.
 *
 * Every heartbeat the worker says that it lives, and works out from the list of live workers which partitions are its own
 * (rendezvous hashing: when a worker comes or goes, only its partitions move). It takes their leases as they become free,
 * and gives up those that another worker should have. A worker that dies is missed after `leaseTtl`.
 *
 * Keeps   P5 (in the ordinary case; the store's keys do in the others), P7 a dead owner's entries are taken over
 * Proved  test/transfer/partition-owner.test.ts, test/fault/worker-killed.services.test.ts
 */
export declare class PartitionOwner {
    #private;
    constructor(ports: PartitionOwnerPorts);
    start(): void;
    /** Partitions written by this node now. */
    get owned(): number[];
    /** Partitions that are given up, and whose last batch has not ended. */
    get leaving(): number[];
    /** Finishes the batches in work, then frees the leases so that others take over at once. */
    close(): Promise<void>;
}
export interface PartitionOwnerPorts {
    readonly nodeId: NodeId;
    readonly partitions: number;
    /** ms after which a silent worker has lost its partitions. */
    readonly leaseTtl: number;
    /** Entries of one batch at most. */
    readonly batch: number;
    readonly nodes: Nodes;
    readonly leases: PartitionLeases;
    readonly ingress: IngressStream;
    readonly events: ServerEventBus;
    readonly clock: Clock;
    readonly random: Random;
    readonly transfer: (partition: number, reader: PartitionReader, holdsLease: () => Promise<boolean>) => Transfer;
}
/**
 * The worker with the highest hash for the partition.
 * Source: Thaler, Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", 1998 (rendezvous hashing).
 */
export declare function preferredWorker(partition: number, workers: readonly NodeId[]): NodeId | undefined;
