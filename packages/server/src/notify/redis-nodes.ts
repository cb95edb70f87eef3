import type { NodeId } from '@tidemark/core';
import type { RedisKeys } from '../redis/keys.ts';
import type { RedisCalls } from '../redis/redis-calls.ts';
import * as scripts from '../redis/scripts.ts';
import type { NodeRole, Nodes } from './nodes.ts';

const ROLES: readonly NodeRole[] = ['gateway', 'worker'];

/** Nodes on Redis: one sorted set. Time is Redis's, so clocks of nodes may differ. */
export class RedisNodes implements Nodes {
  readonly #calls: RedisCalls;
  readonly #keys: RedisKeys;

  constructor(calls: RedisCalls, keys: RedisKeys) {
    this.#calls = calls;
    this.#keys = keys;
  }

  async announce(nodeId: NodeId, role: NodeRole, ttl: number): Promise<void> {
    const others = ROLES.filter((other) => other !== role).map((other) => member(other, nodeId));
    await this.#calls.run(scripts.announce, [this.#keys.nodes], [Math.ceil(ttl), member(role, nodeId), ...others]);
  }

  async withdraw(nodeId: NodeId): Promise<void> {
    await this.#calls.command('zrem', this.#keys.nodes, ...ROLES.map((role) => member(role, nodeId)));
  }

  async workers(): Promise<NodeId[]> {
    const members = (await this.#calls.run(scripts.liveNodes, [this.#keys.nodes], [])) as readonly string[];
    const prefix = member('worker', '' as NodeId);
    return members.filter((each) => each.startsWith(prefix)).map((each) => each.slice(prefix.length) as NodeId);
  }
}

function member(role: NodeRole, nodeId: NodeId): string {
  return `${role} ${nodeId}`;
}
