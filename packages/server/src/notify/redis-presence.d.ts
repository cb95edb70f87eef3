import type { NodeId, UserId } from '@tidemark/core';
import type { RedisKeys } from '../redis/keys.ts';
import type { RedisCalls } from '../redis/redis-calls.ts';
import type { Presence } from './presence.ts';
/** Presence on Redis: a sorted set per user that expires by itself. Time is Redis's, so clocks of nodes may differ. */
export declare class RedisPresence implements Presence {
    #private;
    constructor(calls: RedisCalls, keys: RedisKeys);
    join(userIds: readonly UserId[], nodeId: NodeId, ttl: number): Promise<void>;
    leave(userIds: readonly UserId[], nodeId: NodeId): Promise<void>;
    nodesOf(userIds: readonly UserId[]): Promise<Map<UserId, readonly NodeId[]>>;
}
