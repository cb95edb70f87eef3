import type { NodeId } from '@tidemark/core';
import type { Stamp } from '../deployment/redis-claims.ts';
import type { RedisKeys } from '../redis/keys.ts';
import type { RedisCalls } from '../redis/redis-calls.ts';
import * as scripts from '../redis/scripts.ts';
import type { PartitionLeases } from './partition-leases.ts';

/** PartitionLeases on Redis: a string with expiry per partition. One of another deployment is as good as free. */
export class RedisPartitionLeases implements PartitionLeases {
  readonly #calls: RedisCalls;
  readonly #keys: RedisKeys;
  readonly #stamp: Stamp;

  constructor(calls: RedisCalls, keys: RedisKeys, stamp: Stamp) {
    this.#calls = calls;
    this.#keys = keys;
    this.#stamp = stamp;
  }

  async acquire(partition: number, owner: NodeId, ttl: number): Promise<boolean> {
    const args = [this.#stamp.value, owner, Math.ceil(ttl)];
    const held = await this.#calls.run(scripts.acquire, [this.#keys.owner(partition)], args);
    return Number(held) === 1;
  }

  async release(partition: number, owner: NodeId): Promise<void> {
    await this.#calls.run(scripts.release, [this.#keys.owner(partition)], [`${this.#stamp.value}/${owner}`]);
  }
}
