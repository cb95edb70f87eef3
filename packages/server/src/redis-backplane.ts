import {
  type Backplane,
  type BackplaneOptions,
  DEFAULT_BACKLOG_BYTES,
  DEFAULT_DEAD_LETTER_RETENTION_MS,
  DEFAULT_MAXMEMORY_SHARE,
} from './backplane.ts';
import { RedisClaims, type Stamp } from './deployment/redis-claims.ts';
import { RedisInboxSeq } from './inbox/redis-inbox-seq.ts';
import { RedisIngressStream } from './ingress/redis-ingress-stream.ts';
import { RedisNodes } from './notify/redis-nodes.ts';
import { RedisNotifier } from './notify/redis-notifier.ts';
import { RedisPresence } from './notify/redis-presence.ts';
import { assertRedisClient, type RedisClient } from './redis/client.ts';
import { redisKeys } from './redis/keys.ts';
import { RedisCalls } from './redis/redis-calls.ts';
import { RedisPartitionLeases } from './transfer/redis-partition-leases.ts';
import { RedisRefusals } from './transfer/redis-refusals.ts';

export interface RedisBackplaneOptions extends BackplaneOptions {
  /**
   * A `Redis` or `Cluster` of ioredis, connected to Redis 7 or later. It is shared with the application and never closed.
   * Beside it the backplane opens one connection to read commands on, one per partition that this process writes on a
   * cluster, and one to listen on; with the client's options, `keyPrefix` among them, and on the database it is on, also
   * after `select`.
   */
  readonly redis: RedisClient;
  /** What every key begins with, without braces; `tm:` unless set. Deployments with different prefixes don't meet. */
  readonly keyPrefix?: string | undefined;
  /** Share of Redis' `maxmemory` in use beyond which commands are refused as `overloaded`. Default 0.9. */
  readonly maxmemoryShare?: number | undefined;
}

/**
 * The backplane of several processes, on one Redis or on a Redis Cluster. Every call settles within about three seconds,
 * with UnavailableError when Redis cannot be reached. Throws TypeError, naming the option, for what it cannot use.
 */
export function redisBackplane(options: RedisBackplaneOptions): Backplane {
  const { redis, keyPrefix, backlog, backlogBytes = DEFAULT_BACKLOG_BYTES, deadLetters } = options;
  const { commandBytes = Number.POSITIVE_INFINITY } = options;
  const { deadLetterRetentionMs = DEFAULT_DEAD_LETTER_RETENTION_MS } = options;
  const { maxmemoryShare = DEFAULT_MAXMEMORY_SHARE } = options;
  assertRedisClient(redis);
  const keys = redisKeys(keyPrefix);
  const calls = new RedisCalls(redis);
  const ingress = new RedisIngressStream(calls, redis, keys, {
    backlog,
    backlogBytes,
    uncounted: Math.floor(backlogBytes / commandBytes),
    maxmemoryShare,
    deadLetters,
    deadLetterRetentionMs,
  });
  const stamp: Stamp = { value: '' };
  const notifier = new RedisNotifier(calls, redis, keys);
  return {
    claims: new RedisClaims(calls, keys, stamp),
    ingress,
    leases: new RedisPartitionLeases(calls, keys, stamp),
    refusals: new RedisRefusals(calls, keys),
    inboxSeq: (epoch) => new RedisInboxSeq(calls, keys, epoch),
    nodes: new RedisNodes(calls, keys, stamp),
    presence: new RedisPresence(calls, keys, stamp),
    notifier,
    wallTime: async () => {
      const [seconds] = (await calls.command('time')) as [string, string];
      return Number(seconds) * 1_000;
    },
    close: async () => {
      await Promise.all([ingress.close(), notifier.close()]);
      calls.close();
    },
  };
}
