import type { NodeId, UserId } from '@tidemark/core';
import type { Stamp } from '../deployment/redis-claims.ts';
import type { RedisKeys } from '../redis/keys.ts';
import type { RedisCalls } from '../redis/redis-calls.ts';
import * as scripts from '../redis/scripts.ts';
import { byScript } from '../redis/user-buckets.ts';
import type { Presence } from './presence.ts';

/** Presence on Redis: a sorted set per user that expires by itself. Time is Redis's, so clocks of nodes may differ. */
export class RedisPresence implements Presence {
  readonly #calls: RedisCalls;
  readonly #keys: RedisKeys;
  readonly #stamp: Stamp;

  constructor(calls: RedisCalls, keys: RedisKeys, stamp: Stamp) {
    this.#calls = calls;
    this.#keys = keys;
    this.#stamp = stamp;
  }

  async join(userIds: readonly UserId[], nodeId: NodeId, ttl: number): Promise<void> {
    await this.#run(scripts.join, userIds, [this.#member(nodeId), Math.ceil(ttl)]);
  }

  async leave(userIds: readonly UserId[], nodeId: NodeId): Promise<void> {
    await this.#run(scripts.leave, userIds, [this.#member(nodeId)]);
  }

  async nodesOf(userIds: readonly UserId[]): Promise<Map<UserId, readonly NodeId[]>> {
    const found = new Map<UserId, readonly NodeId[]>();
    for (const [users, reply] of await this.#run(scripts.nodesOf, userIds, [])) {
      const [words, ...members] = reply as [string, ...string[]];
      const ours = this.#member('' as NodeId);
      const nodes = members.map((each) => (each.startsWith(ours) ? (each.slice(ours.length) as NodeId) : undefined));
      const nodesOf = new Map<string, readonly NodeId[]>();
      for (const [index, word] of words.split(' ').entries()) {
        if (word === '') continue;
        const known = nodesOf.get(word) ?? word.split(',').flatMap((place) => nodes[Number(place)] ?? []);
        nodesOf.set(word, known);
        if (known.length > 0) found.set(users[index] as UserId, known);
      }
    }
    return found;
  }

  #member(nodeId: NodeId): string {
    return `${this.#stamp.value}/${nodeId}`;
  }

  #run(
    script: scripts.Script,
    userIds: readonly UserId[],
    args: readonly (string | number)[],
  ): Promise<(readonly [readonly UserId[], unknown])[]> {
    return Promise.all(
      byScript(userIds, this.#calls).map(async (groups) => {
        const keys = groups.flatMap(({ bucket, userIds: users }) =>
          users.map((user) => this.#keys.online(bucket, user)),
        );
        const users = groups.flatMap((group) => group.userIds);
        return [users, await this.#calls.run(script, keys, args)] as const;
      }),
    );
  }
}
