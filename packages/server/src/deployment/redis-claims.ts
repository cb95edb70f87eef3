import { DeploymentError, type Epoch, type NodeId, type StoreIdentity } from '@tidemark/core';
import { assertRedisClient, type RedisClient } from '../redis/client.ts';
import { type RedisKeys, redisKeys } from '../redis/keys.ts';
import { RedisCalls } from '../redis/redis-calls.ts';
import { RedisRights } from '../redis/rights.ts';
import * as scripts from '../redis/scripts.ts';
import { type Claim, type Claims, type Reached, type Standing, stampOf } from './claims.ts';

/** What everything that this process writes in Redis carries, once it has claimed its prefix. */
export interface Stamp {
  value: string;
}

/** Claims on Redis: one hash per prefix, without expiry. */
export class RedisClaims implements Claims {
  readonly place: string;
  readonly #calls: RedisCalls;
  readonly #keys: RedisKeys;
  readonly #stamp: Stamp;

  constructor(calls: RedisCalls, keys: RedisKeys, stamp: Stamp) {
    this.#calls = calls;
    this.#keys = keys;
    this.#stamp = stamp;
    this.place = `Redis under the keyPrefix '${keys.prefix}'`;
  }

  async take(claim: Claim, nodeId: NodeId, ttl: number, reached: Reached): Promise<Standing> {
    let answer = await this.#run(claim, nodeId, ttl, reached, false);
    let queued = 0;
    if (answer.isFree) {
      // Entries of partitions that there will be no more would never be read, others would stand in the wrong one.
      const { partitions, version } = answer.standing.claim;
      const mayStay = partitions === claim.partitions && version === claim.version;
      queued = mayStay ? 0 : await this.#queued(partitions);
      if (queued === 0) answer = await this.#run(claim, nodeId, ttl, reached, true);
    }
    if (answer.isTaken) this.#stamp.value = stampOf(claim);
    return { ...answer.standing, queued };
  }

  async leave(nodeId: NodeId): Promise<void> {
    await this.#calls.command('hdel', this.#keys.deployment, `node:${nodeId}`);
  }

  async check(): Promise<void> {
    // Sent together: neither waits for the other.
    const rights = new RedisRights(this.#calls, this.#keys);
    const [info] = await Promise.all([this.#calls.command('info', 'memory').catch(ignoreForbidden), rights.check()]);
    const policy = /^maxmemory_policy:(\S+)/m.exec(String(info))?.[1] ?? 'noeviction';
    const isBounded = !/^maxmemory:0\r?$/m.test(String(info));
    if (!isBounded || policy === 'noeviction') return;
    throw new DeploymentError(
      [{ what: "Redis' maxmemory-policy", here: 'noeviction', there: policy }],
      'What it evicts would be commands and leases: set maxmemory-policy to noeviction, or use another Redis.',
    );
  }

  async #run(claim: Claim, nodeId: NodeId, ttl: number, { setBacks, witness }: Reached, replace: boolean) {
    const { identity, epoch, partitions, version } = claim;
    const args = [nodeId, Math.ceil(ttl), replace ? 1 : 0, identity, epoch, partitions, version, setBacks, witness];
    const reply = (await this.#calls.run(scripts.claim, [this.#keys.deployment], args)) as [number, ...string[]];
    const [outcome, ...stands] = reply;
    const standing: Standing = {
      claim: {
        identity: stands[0] as StoreIdentity,
        epoch: stands[1] as Epoch,
        partitions: Number(stands[2]),
        version: Number(stands[3]),
      },
      processes: Number(stands[4]),
      queued: 0,
      // What another program wrote there is no number.
      reached: { setBacks: Number(stands[5]) || 0, witness: stands[6] ?? '' },
    };
    return { isTaken: outcome === 1, isFree: outcome === 2, standing };
  }

  async #queued(partitions: number): Promise<number> {
    const lengths = await Promise.all(
      Array.from({ length: partitions }, (_, partition) => this.#calls.command('xlen', this.#keys.commands(partition))),
    );
    return lengths.reduce<number>((sum, length) => sum + Number(length), 0);
  }
}

/** The check of the rights names it. */
function ignoreForbidden(error: unknown): undefined {
  if (error instanceof Error && error.message.startsWith('NOPERM')) return undefined;
  throw error;
}

/**
 * Gives up what a deployment claimed in Redis, for when its store is gone for good and another one is to have the prefix.
 * What it had queued there is not carried out any more. Not needed after a restart, an update, or when Redis was emptied.
 *
 * @param options.keyPrefix as given to `createMessaging`; `tm:` unless set
 * @throws DeploymentError while a process of that deployment lives
 */
export async function releaseDeployment(options: {
  readonly redis: RedisClient;
  readonly keyPrefix?: string | undefined;
}): Promise<void> {
  assertRedisClient(options.redis);
  const calls = new RedisCalls(options.redis);
  try {
    const living = Number(await calls.run(scripts.unclaim, [redisKeys(options.keyPrefix).deployment], []));
    if (living === 0) return;
    throw new DeploymentError(
      [{ what: 'the number of processes that live on the claim', here: 0, there: living }],
      'Stop them first.',
    );
  } finally {
    calls.close();
  }
}
