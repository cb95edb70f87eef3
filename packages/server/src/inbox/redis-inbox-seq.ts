import type { Epoch, Seq, UserId } from '@tidemark/core';
import type { RedisKeys } from '../redis/keys.ts';
import type { RedisCalls } from '../redis/redis-calls.ts';
import * as scripts from '../redis/scripts.ts';
import { byBucket, byScript, type UserGroup } from '../redis/user-buckets.ts';
import { type Allocation, type InboxSeq, RESTORED_FOR } from './inbox-seq.ts';

/**
 * InboxSeq on Redis hashes, one per bucket of users. On one server a call becomes one script; on a cluster one per bucket,
 * all at once.
 *
 * Counters stay until Redis evicts the hash, is wiped, or 30 days after one of them was last restored, so that those of a store
 * that is no longer used go: about 60 bytes per user who received anything. Deleting a
 * hash, or fields of it, at any moment is safe, since a missing counter is restored from the store. A server that is
 * started again, or that takes over from another, throws away what it finds: it may have lost the last moves.
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

  async allocate(counts: ReadonlyMap<UserId, number>): Promise<Allocation> {
    const seqs = new Map<UserId, Seq>();
    const restored = new Set<UserId>();
    await this.#ask(
      byScript(counts.keys(), this.#calls),
      (groups) =>
        this.#calls.run(
          scripts.allocate,
          groups.map(({ bucket }) => this.#keys.seq(bucket, this.#epoch)),
          [
            RESTORED_FOR,
            ...groups.flatMap(({ userIds }) => [
              userIds.length,
              ...userIds,
              ...userIds.map((userId) => counts.get(userId) as number),
            ]),
          ],
        ),
      (userId, value) => {
        seqs.set(userId, Math.abs(value) as Seq);
        if (value < 0) restored.add(userId);
      },
    );
    return { seqs, restored };
  }

  raise(heads: ReadonlyMap<UserId, Seq>): Promise<void> {
    return this.#runForEach(scripts.raise, heads);
  }

  forget(highest: ReadonlyMap<UserId, Seq>): Promise<void> {
    return this.#runForEach(scripts.forget, highest);
  }

  async current(userIds: readonly UserId[]): Promise<Map<UserId, Seq>> {
    const seqs = new Map<UserId, Seq>();
    await this.#ask(
      byBucket(userIds).map((group) => [group] as const),
      ([{ bucket, userIds: users }]) => this.#calls.command('hmget', this.#keys.seq(bucket, this.#epoch), ...users),
      (userId, seq) => seqs.set(userId, seq as Seq),
    );
    return seqs;
  }

  async #runForEach(script: scripts.Script, seqs: ReadonlyMap<UserId, Seq>): Promise<void> {
    await Promise.all(
      byBucket(seqs.keys()).map(({ bucket, userIds }) => {
        const args = [...userIds, ...userIds.map((userId) => seqs.get(userId) as number)];
        return this.#calls.run(script, [this.#keys.seq(bucket, this.#epoch)], args);
      }),
    );
  }

  /** Makes a call for each of `calls`, all at once, and hands on what they answer for each user, if anything. */
  async #ask<Groups extends readonly UserGroup[]>(
    calls: readonly Groups[],
    call: (groups: Groups) => Promise<unknown>,
    take: (userId: UserId, value: number) => void,
  ): Promise<void> {
    await Promise.all(
      calls.map(async (groups) => {
        const values = ((await call(groups)) as readonly (string | number | null)[]).values();
        for (const { userIds } of groups) {
          for (const userId of userIds) {
            // A restored counter is followed by the time at which it was.
            const value = Number.parseInt(String(values.next().value), 10);
            if (Number.isSafeInteger(value)) take(userId, value);
          }
        }
      }),
    );
  }
}
