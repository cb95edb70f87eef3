import type { NodeId, UserId } from '@tidemark/core';
import type { RedisKeys } from '../redis/keys.ts';
import type { RedisCalls } from '../redis/redis-calls.ts';
import * as scripts from '../redis/scripts.ts';
import { byScript } from '../redis/user-buckets.ts';
import type { Presence } from './presence.ts';

/** Presence on Redis: a sorted set per user that expires by itself. Time is Redis's, so clocks of nodes may differ. */
export class RedisPresence implements Presence {
  readonly #calls: RedisCalls;
  readonly #keys: RedisKeys;

  constructor(calls: RedisCalls, keys: RedisKeys) {
    this.#calls = calls;
    this.#keys = keys;
  }

  async join(userIds: readonly UserId[], nodeId: NodeId, ttl: number): Promise<void> {
    await this.#run(scripts.join, userIds, [nodeId, Math.ceil(ttl)]);
  }

  async leave(userIds: readonly UserId[], nodeId: NodeId): Promise<void> {
    await this.#run(scripts.leave, userIds, [nodeId]);
  }

  async nodesOf(userIds: readonly UserId[]): Promise<Map<UserId, readonly NodeId[]>> {
    const found = new Map<UserId, readonly NodeId[]>();
    for (const [users, reply] of await this.#run(scripts.nodesOf, userIds, [])) {
      const [words, ...nodes] = reply as [string, ...NodeId[]];
      const nodesOf = new Map<string, readonly NodeId[]>();
      for (const [index, word] of words.split(' ').entries()) {
        if (word === '') continue;
        const known = nodesOf.get(word) ?? word.split(',').map((place) => nodes[Number(place)] as NodeId);
        nodesOf.set(word, known);
        found.set(users[index] as UserId, known);
      }
    }
    return found;
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
