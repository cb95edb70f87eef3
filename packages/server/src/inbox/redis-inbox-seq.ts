import type { Epoch, Seq, UserId } from '@tidemark/core';
import type { RedisKeys } from '../redis/keys.ts';
import type { RedisCalls } from '../redis/redis-calls.ts';
import * as scripts from '../redis/scripts.ts';
import { byBucket, byScript, type UserGroup } from '../redis/user-buckets.ts';
import type { InboxSeq } from './inbox-seq.ts';

/**
 * InboxSeq on Redis hashes, one per bucket of users. On one server a call becomes one script; on a cluster one per bucket,
 * all at once.
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
    return this.#collect(byScript(counts.keys(), this.#calls), (groups) =>
      this.#calls.run(
        scripts.allocate,
        groups.map(({ bucket }) => this.#keys.seq(bucket, this.#epoch)),
        groups.flatMap(({ userIds }) => [
          userIds.length,
          ...userIds,
          ...userIds.map((userId) => counts.get(userId) as number),
        ]),
      ),
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
    const groups = byBucket(userIds).map((group) => [group] as const);
    return this.#collect(groups, ([{ bucket, userIds: users }]) =>
      this.#calls.command('hmget', this.#keys.seq(bucket, this.#epoch), ...users),
    );
  }

  /** What each call answers for each user of its groups, in order; users it answers nothing for are absent. */
  async #collect<Groups extends readonly UserGroup[]>(
    calls: readonly Groups[],
    call: (groups: Groups) => Promise<unknown>,
  ): Promise<Map<UserId, Seq>> {
    const seqs = new Map<UserId, Seq>();
    await Promise.all(
      calls.map(async (groups) => {
        const values = ((await call(groups)) as readonly (string | number | null)[]).values();
        for (const { userIds } of groups) {
          for (const userId of userIds) {
            const seq = Number(values.next().value ?? Number.NaN);
            if (Number.isSafeInteger(seq)) seqs.set(userId, seq as Seq);
          }
        }
      }),
    );
    return seqs;
  }
}
