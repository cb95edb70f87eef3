import type { RedisClient } from '../redis/client.ts';
import type { RedisKeys } from '../redis/keys.ts';
import type { RedisCalls } from '../redis/redis-calls.ts';
import type { IngressStream, PartitionReader } from './ingress-stream.ts';
/** IngressStream on Redis Streams: one stream per partition, which holds exactly what is not yet carried out. */
export declare class RedisIngressStream implements IngressStream {
    #private;
    constructor(calls: RedisCalls, client: RedisClient, keys: RedisKeys, options: {
        backlog: number;
        deadLetters: number;
    });
    append(partition: number, body: string): Promise<void>;
    open(partition: number): PartitionReader;
    backlog(partition: number): Promise<number>;
    close(): Promise<void>;
}
