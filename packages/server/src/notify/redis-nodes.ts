import type { NodeId } from '@tidemark/core';
import type { Stamp } from '../deployment/redis-claims.ts';
import type { RedisKeys } from '../redis/keys.ts';
import type { RedisCalls } from '../redis/redis-calls.ts';
import * as scripts from '../redis/scripts.ts';
import type { NodeRole, Nodes } from './nodes.ts';

const ROLES: readonly NodeRole[] = ['gateway', 'worker'];

/** Nodes on Redis: one sorted set. Time is Redis's, so clocks of nodes may differ. */
export class RedisNodes implements Nodes {
  readonly #calls: RedisCalls;
  readonly #keys: RedisKeys;
  readonly #stamp: Stamp;

  constructor(calls: RedisCalls, keys: RedisKeys, stamp: Stamp) {
    this.#calls = calls;
    this.#keys = keys;
    this.#stamp = stamp;
  }

  async announce(nodeId: NodeId, role: NodeRole, ttl: number): Promise<void> {
    const others = ROLES.filter((other) => other !== role).map((other) => this.#member(other, nodeId));
    await this.#calls.run(
      scripts.announce,
      [this.#keys.nodes],
      [Math.ceil(ttl), this.#member(role, nodeId), ...others],
    );
  }

  async withdraw(nodeId: NodeId): Promise<void> {
    await this.#calls.command('zrem', this.#keys.nodes, ...ROLES.map((role) => this.#member(role, nodeId)));
  }

  async workers(): Promise<NodeId[]> {
    const members = (await this.#calls.run(scripts.liveNodes, [this.#keys.nodes], [])) as readonly string[];
    return members.flatMap((each) => {
      const [role, nodeId, stamp] = each.split(' ');
      return role === 'worker' && stamp === this.#stamp.value ? [nodeId as NodeId] : [];
    });
  }

  #member(role: NodeRole, nodeId: NodeId): string {
    return `${role} ${nodeId} ${this.#stamp.value}`;
  }
}
