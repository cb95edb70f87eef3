import type { Epoch, Seq, UserId } from '@tidemark/core';
import type { RedisKeys } from '../redis/keys.ts';
import type { RedisCalls } from '../redis/redis-calls.ts';
import * as scripts from '../redis/scripts.ts';
import { byBucket } from '../redis/user-buckets.ts';
import type { InboxSeq } from './inbox-seq.ts';

/**
 * InboxSeq on Redis hashes, one per bucket of users; a call becomes one script per bucket, all at once.
 *
 * Counters stay until Redis evicts the hash or is wiped: about 60 bytes per user who ever received anything. Deleting a
 * hash, or fields of it, at any moment is safe, since a missing counter is restored from the store.
 */
export class RedisInboxSeq implements InboxSeq {
  readonly #calls: RedisCalls;
  readonly #keys: RedisKeys;
  readonly #epoch: Epoch;

  constructor(calls: RedisCalls, keys: RedisKeys, epoch: Epoch) {
    this.#calls = calls;
    this.#keys = keys;
    this.#epoch = epoch;
  }

  allocate(counts: ReadonlyMap<UserId, number>): Promise<Map<UserId, Seq>> {
    return this.#collect(counts.keys(), (key, userIds) =>
      this.#calls.run(scripts.allocate, [key], [...userIds, ...userIds.map((userId) => counts.get(userId) as number)]),
    );
  }

  async raise(heads: ReadonlyMap<UserId, Seq>): Promise<void> {
    await Promise.all(
      byBucket(heads.keys()).map(({ bucket, userIds }) => {
        const args = [...userIds, ...userIds.map((userId) => heads.get(userId) as number)];
        return this.#calls.run(scripts.raise, [this.#keys.seq(bucket, this.#epoch)], args);
      }),
    );
  }

  current(userIds: readonly UserId[]): Promise<Map<UserId, Seq>> {
    return this.#collect(userIds, (key, group) => this.#calls.command('hmget', key, ...group));
  }

  /** What `call` answers for each user of each bucket; users it answers nothing for are absent. */
  async #collect(
    userIds: Iterable<UserId>,
    call: (key: string, userIds: readonly UserId[]) => Promise<unknown>,
  ): Promise<Map<UserId, Seq>> {
    const seqs = new Map<UserId, Seq>();
    await Promise.all(
      byBucket(userIds).map(async ({ bucket, userIds: group }) => {
        const values = (await call(this.#keys.seq(bucket, this.#epoch), group)) as readonly (string | number | null)[];
        for (const [index, userId] of group.entries()) {
          const seq = Number(values[index] ?? Number.NaN);
          if (Number.isSafeInteger(seq)) seqs.set(userId, seq as Seq);
        }
      }),
    );
    return seqs;
  }
}
