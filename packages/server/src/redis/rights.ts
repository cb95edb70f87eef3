import { DeploymentError, type Epoch, type UserId } from '@tidemark/core';
import type { RedisKeys } from './keys.ts';
import type { RedisCalls } from './redis-calls.ts';
import { refusedRights } from './scripts.ts';

/**
 * What a user of Redis must be allowed, with an ACL: commands, keys and channels. Asked in one call at start, since a right
 * that is missing would otherwise be found by whatever needs it first, perhaps days later.
 */
export class RedisRights {
  readonly #calls: RedisCalls;
  readonly #prefix: string;
  readonly #commands: readonly (readonly string[])[];

  /** Keys and channels are named as Redis knows them: after the prefix that the client puts before them. */
  constructor(calls: RedisCalls, keys: RedisKeys) {
    this.#calls = calls;
    this.#prefix = escaped(calls.keyPrefix + keys.prefix);
    this.#commands = commandsOn(calls.keyPrefix, keys, calls.isCluster);
  }

  /** @throws DeploymentError that names what is missing; UnavailableError */
  async check(): Promise<void> {
    const missing = await this.#missing();
    if (missing.length === 0) return;
    const names = [...new Set(this.#commands.map(commandRight))].sort();
    throw new DeploymentError(
      missing.map((what) => ({ what: `the right ${what} in Redis`, here: 'needed', there: 'missing' })),
      `Give it to the user of the client. In all a user needs: ACL SETUSER <user> ${[this.#keyRight, this.#channelRight, ...names].join(' ')}`,
    );
  }

  get #keyRight(): string {
    return `~${this.#prefix}*`;
  }

  get #channelRight(): string {
    return `&${this.#prefix}*`;
  }

  async #missing(): Promise<string[]> {
    const refused = await this.#refused();
    const missing = new Set<string>();
    for (const [command, reason] of refused) {
      if (/\bkeys?\b/.test(reason)) missing.add(this.#keyRight);
      else if (/\bchannels?\b/.test(reason)) missing.add(this.#channelRight);
      // Why it may not listen a script cannot ask. It may not publish there either: then it is the channel.
      else if (command[0] !== 'SSUBSCRIBE' || !missing.has(this.#channelRight)) missing.add(commandRight(command));
    }
    return [...missing].sort();
  }

  async #refused(): Promise<(readonly [command: readonly string[], reason: string])[]> {
    try {
      const args = [refusedRights.lua, 0, JSON.stringify(this.#commands)];
      const reply = (await this.#calls.command('eval', ...args)) as readonly (number | string)[];
      return this.#commands.flatMap((command, index) => {
        const found = reply.findIndex((entry, at) => at % 2 === 0 && Number(entry) === index + 1);
        return found < 0 ? [] : [[command, String(reply[found + 1])] as const];
      });
    } catch (error) {
      // Without the right to run a script nothing can be asked, and nothing works.
      if (error instanceof Error && error.message.startsWith('NOPERM')) return [[['EVAL'], error.message]];
      throw error;
    }
  }
}

function commandRight([name = '']: readonly string[]): string {
  return `+${name.toLowerCase()}`;
}

/** A key prefix as a pattern of an ACL. */
function escaped(prefix: string): string {
  return prefix.replace(/[*?[\]\\]/g, '\\$&');
}

/** Every command that the backplane sends, and its scripts run, once; and one that reads and writes on each kind of key. */
function commandsOn(clientPrefix: string, keys: RedisKeys, isCluster: boolean): readonly (readonly string[])[] {
  const [key = '', ...others] = [
    keys.deployment,
    keys.nodes,
    keys.commands(0),
    keys.backlog(0),
    keys.owner(0),
    keys.dead(0),
    keys.refused(0),
    keys.seq(0, 'epoch' as Epoch),
    keys.online(0, 'user' as UserId),
  ].map((name) => clientPrefix + name);
  const channel = `${clientPrefix}${keys.prefix}node:`;
  return [
    ['EVAL', 'return 1', '0'],
    ['EVALSHA', '0', '0'],
    ['INFO', 'memory'],
    ['TIME'],
    ...(isCluster ? [['PING']] : []),
    ['DEL', key],
    ['EXISTS', key],
    ['GET', key],
    ['PEXPIRE', key, '1'],
    ['PTTL', key],
    ['SET', key, '1', 'GET'],
    ['UNLINK', key],
    ['HDEL', key, 'field'],
    ['HGET', key, 'field'],
    ['HGETALL', key],
    ['HINCRBY', key, 'field', '1'],
    ['HMGET', key, 'field'],
    ['HSET', key, 'field', '1'],
    ['XADD', key, '*', 'field', '1'],
    ['XDEL', key, '1-1'],
    ['XLEN', key],
    ['XRANGE', key, '-', '+'],
    ['XREAD', 'STREAMS', key, '0'],
    ['XREVRANGE', key, '+', '-'],
    ['XTRIM', key, 'MINID', '0'],
    ['ZADD', key, '1', 'member'],
    ['ZRANGEBYSCORE', key, '0', '1'],
    ['ZREM', key, 'member'],
    ['ZREMRANGEBYSCORE', key, '0', '1'],
    ['SPUBLISH', channel, ''],
    ['SSUBSCRIBE', channel],
    ...others.map((other) => ['SET', other, '1', 'GET']),
  ];
}
