import type { Epoch, NodeId, UserId } from '@tidemark/core';

/**
 * Every key and channel in Redis. What is in braces is the hash tag: keys with the same one are in the same slot of a
 * cluster, so that one script may touch them together.
 *
 * | key                            | what                                                                     |
 * |--------------------------------|--------------------------------------------------------------------------|
 * | `tm:{c<p>}:commands`           | stream of partition p: exactly the commands that are not yet carried out |
 * | `tm:{c<p>}:backlog`            | hash: how many entries that stream has, and bytes, if many (append.lua)  |
 * | `tm:{c<p>}:owner`              | string with expiry: `<stamp>/<nodeId>` of the node that writes p         |
 * | `tm:{c<p>}:dead`               | stream of dead letters, with fields `reason`, `at` (ms) and `body`       |
 * | `tm:{c<p>}:refused`            | stream with expiry: commands that were refused for good, and why         |
 * | `tm:{u<q>}:seq:<epoch>`        | hash: user → last allocated seq (raise.lua); idle fields stay            |
 * | `tm:{u<q>}:online:<userId>`    | sorted set with expiry: `<stamp>/<nodeId>` → ms until which it has a feed |
 * | `tm:nodes`                     | sorted set: `<role> <nodeId> <stamp> <commands>` → ms until which the node is listed |
 * | `tm:deployment`                | hash: whose the prefix is, and which processes live on it (claim.lua)    |
 * | `tm:node:<nodeId>` (a channel) | sharded pub/sub: frames for one node                                     |
 *
 * A stamp names the deployment (`stampOf`). Commands, dead letters and frames have it in their text, as `of`.
 */
export interface RedisKeys {
  readonly prefix: string;
  commands(partition: number): string;
  backlog(partition: number): string;
  owner(partition: number): string;
  dead(partition: number): string;
  refused(partition: number): string;
  seq(bucket: number, epoch: Epoch): string;
  online(bucket: number, userId: UserId): string;
  readonly nodes: string;
  readonly deployment: string;
  channel(nodeId: NodeId): string;
}

const DEFAULT_KEY_PREFIX = 'tm:';

/** @param prefix what every key begins with; 0–64 visible ASCII characters without braces. `tm:` unless set. */
export function redisKeys(prefix: string = DEFAULT_KEY_PREFIX): RedisKeys {
  if (typeof prefix !== 'string' || !/^[!-z|~]{0,64}$/.test(prefix)) {
    // A brace in the prefix would become the hash tag of every key, and all of them would be in one slot.
    throw new TypeError('keyPrefix must be 0 to 64 visible ASCII characters without braces');
  }
  return {
    prefix,
    commands: (partition) => `${prefix}{c${partition}}:commands`,
    backlog: (partition) => `${prefix}{c${partition}}:backlog`,
    owner: (partition) => `${prefix}{c${partition}}:owner`,
    dead: (partition) => `${prefix}{c${partition}}:dead`,
    refused: (partition) => `${prefix}{c${partition}}:refused`,
    seq: (bucket, epoch) => `${prefix}{u${bucket}}:seq:${epoch}`,
    online: (bucket, userId) => `${prefix}{u${bucket}}:online:${userId}`,
    nodes: `${prefix}nodes`,
    deployment: `${prefix}deployment`,
    channel: (nodeId) => `${prefix}node:${nodeId}`,
  };
}
