import type { NodeId } from '@tidemark/core';
import type { RedisKeys } from '../redis/keys.ts';
import type { RedisCalls } from '../redis/redis-calls.ts';
import * as scripts from '../redis/scripts.ts';
import type { PartitionLeases } from './partition-leases.ts';

/** PartitionLeases on Redis: a string with expiry per partition. */
export class RedisPartitionLeases implements PartitionLeases {
  readonly #calls: RedisCalls;
  readonly #keys: RedisKeys;

  constructor(calls: RedisCalls, keys: RedisKeys) {
    this.#calls = calls;
    this.#keys = keys;
  }

  async acquire(partition: number, owner: NodeId, ttl: number): Promise<boolean> {
    const held = await this.#calls.run(scripts.acquire, [this.#keys.owner(partition)], [owner, Math.ceil(ttl)]);
    return Number(held) === 1;
  }

  async release(partition: number, owner: NodeId): Promise<void> {
    await this.#calls.run(scripts.release, [this.#keys.owner(partition)], [owner]);
  }
}
