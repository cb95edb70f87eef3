import type { NodeId } from '@tidemark/core';
import type { RedisKeys } from '../redis/keys.ts';
import type { RedisCalls } from '../redis/redis-calls.ts';
import type { NodeRole, Nodes } from './nodes.ts';
/** Nodes on Redis: one sorted set. Time is Redis's, so clocks of nodes may differ. */
export declare class RedisNodes implements Nodes {
    #private;
    constructor(calls: RedisCalls, keys: RedisKeys);
    announce(nodeId: NodeId, role: NodeRole, ttl: number): Promise<void>;
    withdraw(nodeId: NodeId): Promise<void>;
    workers(): Promise<NodeId[]>;
}
