import type { NodeId } from '@tidemark/core';
import type { RedisKeys } from '../redis/keys.ts';
import type { RedisCalls } from '../redis/redis-calls.ts';
import type { PartitionLeases } from './partition-leases.ts';
/** PartitionLeases on Redis: a string with expiry per partition. */
export declare class RedisPartitionLeases implements PartitionLeases {
    #private;
    constructor(calls: RedisCalls, keys: RedisKeys);
    acquire(partition: number, owner: NodeId, ttl: number): Promise<boolean>;
    release(partition: number, owner: NodeId): Promise<void>;
}
