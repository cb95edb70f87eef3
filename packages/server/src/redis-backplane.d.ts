import type { Backplane, BackplaneOptions } from './backplane.ts';
import { type RedisClient } from './redis/client.ts';
export interface RedisBackplaneOptions extends BackplaneOptions {
    /**
     * A `Redis` or `Cluster` of ioredis, connected to Redis 7 or later. It is shared with the application and never closed.
     * Beside it the backplane opens one connection to read commands on, one per partition that this process writes on a
     * cluster, and one to listen on.
     */
    readonly redis: RedisClient;
    /** What every key begins with, without braces; `tm:` unless set. Deployments with different prefixes don't meet. */
    readonly keyPrefix?: string | undefined;
}
/**
 * The backplane of several processes, on one Redis or on a Redis Cluster. Every call settles within about three seconds,
 * with UnavailableError when Redis cannot be reached. Throws TypeError, naming the option, for what it cannot use.
 */
export declare function redisBackplane(options: RedisBackplaneOptions): Backplane;
