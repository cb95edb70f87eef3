import type { CommandType, NodeId } from '@tidemark/core';
import type { Stamp } from '../deployment/redis-claims.ts';
import type { RedisKeys } from '../redis/keys.ts';
import type { RedisCalls } from '../redis/redis-calls.ts';
import * as scripts from '../redis/scripts.ts';
import type { LiveWorker, NodeRole, Nodes } from './nodes.ts';

/** What release 0.1 knows, whose rows do not say. It is history: a later type of command is not added. */
const COMMANDS_OF_0_1: readonly CommandType[] = [
  'message.send',
  'message.edit',
  'conversation.create',
  'members.add',
  'members.remove',
  'read.mark',
];

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

  async announce(nodeId: NodeId, role: NodeRole, ttl: number, commands: readonly string[]): Promise<void> {
    const stamp = this.#stamp.value;
    const row = `${role} ${nodeId} ${stamp} ${commands.join(',')}`;
    await this.#calls.run(scripts.announce, [this.#keys.nodes], [nodeId, stamp, Math.ceil(ttl), row]);
  }

  async withdraw(nodeId: NodeId): Promise<void> {
    await this.#calls.run(scripts.announce, [this.#keys.nodes], [nodeId, this.#stamp.value]);
  }

  async workers(): Promise<LiveWorker[]> {
    const rows = (await this.#calls.run(scripts.liveNodes, [this.#keys.nodes], [])) as readonly string[];
    return rows.flatMap((row) => {
      const [role, nodeId, stamp, commands] = row.split(' ');
      if (role !== 'worker' || stamp !== this.#stamp.value) return [];
      return [{ nodeId: nodeId as NodeId, commands: commands?.split(',') ?? COMMANDS_OF_0_1 }];
    });
  }
}
