import type { NodeId } from '@tidemark/core';
/** Nodes: the registry of live processes. Workers share the partitions among those that are listed as workers. */
export interface Nodes {
    /** Lists the node for `ttl` ms. Repeat to renew. */
    announce(nodeId: NodeId, role: NodeRole, ttl: number): Promise<void>;
    withdraw(nodeId: NodeId): Promise<void>;
    /** Nodes listed as workers and not expired, in any order. */
    workers(): Promise<NodeId[]>;
}
/** A `gateway` serves clients only; a `worker` also writes partitions. */
export type NodeRole = 'gateway' | 'worker';
