import { type NodeId } from '@tidemark/core';
import type { RedisClient } from '../redis/client.ts';
import type { RedisKeys } from '../redis/keys.ts';
import { type RedisCalls } from '../redis/redis-calls.ts';
import type { Notifier } from './notifier.ts';
/** Notifier on sharded pub/sub, one channel per node. A frame for a channel without subscriber is lost. */
export declare class RedisNotifier implements Notifier {
    #private;
    constructor(calls: RedisCalls, client: RedisClient, keys: RedisKeys);
    publish(nodeId: NodeId, frame: string): Promise<void>;
    listen(nodeId: NodeId, onFrame: (frame: string) => void): Promise<void>;
    close(): Promise<void>;
}
