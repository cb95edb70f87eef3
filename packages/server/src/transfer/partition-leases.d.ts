import type { NodeId } from '@tidemark/core';
/**
 * PartitionLeases: which node writes which partition. A lease is advice that keeps writers apart in the ordinary case;
 * the store's unique keys are what keeps the log right when two believe they hold it.
 */
export interface PartitionLeases {
    /** Takes the lease if it is free or already `owner`'s, and makes it last `ttl` ms from now. True when it is held. */
    acquire(partition: number, owner: NodeId, ttl: number): Promise<boolean>;
    /** Frees it if it is `owner`'s. */
    release(partition: number, owner: NodeId): Promise<void>;
}
