import { cp, readdir, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Heal, Specials } from '@tidemark/testkit/verify';
import { Redis } from 'ioredis';
import { PATIENCE_MS } from '../support/patience.ts';
import { persistenceArgs, startRedisBinary } from '../support/services/redis.ts';
import { NotHere, type Service } from '../support/services/service.ts';
import type { ReplaceableProcess } from './service-process.ts';

/** One Redis of a deployment: one alone, or a node of a cluster. */
export interface RedisNode {
  readonly process: ReplaceableProcess;
  readonly url: string;
}

/** How far the replica falls behind before its master dies. */
const LAG_MS = 400;
const nothingToHeal: Heal = async () => {};

/** What one Redis can suffer, or each node of a cluster. */
export function redisSpecials(nodes: readonly RedisNode[]): Specials {
  const each = (step: (client: Redis, node: RedisNode) => Promise<unknown>) => async (): Promise<Heal> => {
    await Promise.all(nodes.map((node) => withClient(node.url, (client) => step(client, node))));
    return nothingToHeal;
  };
  const [single] = nodes;
  return {
    redisFlushAll: each((client) => client.flushall()),
    redisFull: async () => {
      await Promise.all(nodes.map(({ url }) => withClient(url, fillMemory)));
      return async () => {
        await Promise.all(nodes.map(({ url }) => withClient(url, emptyMemory)));
      };
    },
    redisEvictCounters: (share, random) => each((client) => evictCounters(client, share, random))(),
    redisCutAofTail: async (bytes) => {
      await Promise.all(nodes.map((node) => cutAofTail(node, bytes)));
      return nothingToHeal;
    },
    ...(nodes.length === 1 && single && { redisFailoverToLaggingReplica: () => failover(single) }),
    ...(nodes.length > 1 && {
      redisLoseClusterNode: async (random) => {
        const lost = nodes[Math.floor(random() * nodes.length)] as RedisNode;
        await lost.process.kill9();
        return () => lost.process.ensureRunning();
      },
    }),
  };
}

/** Tries again, from the beginning, while the server cannot be reached: steps are idempotent. */
async function withClient<T>(url: string, step: (client: Redis) => Promise<T>): Promise<T> {
  for (const deadline = performance.now() + PATIENCE_MS; ; await sleep(100)) {
    try {
      return await connected(url, step);
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
  }
}

async function connected<T>(url: string, step: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 3_000,
    commandTimeout: 3_000,
    retryStrategy: () => null,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return await step(client);
  } finally {
    client.disconnect();
  }
}

/** Under a limit that is reached. Nothing is evicted, and what is there stays. */
async function fillMemory(client: Redis): Promise<void> {
  const used = /used_memory:(\d+)/.exec(await client.info('memory'))?.[1];
  await client.config('SET', 'maxmemory-policy', 'noeviction');
  await client.config('SET', 'maxmemory', String(used));
}

async function emptyMemory(client: Redis): Promise<void> {
  await client.config('SET', 'maxmemory', '0');
}

async function evictCounters(client: Redis, share: number, random: () => number): Promise<void> {
  for (const key of await client.keys('tm:{u*}:seq:*')) {
    const users = (await client.hkeys(key)).filter(() => random() < share);
    if (users.length > 0) await client.hdel(key, ...users);
  }
}

/** Where this server keeps its append-only file. */
async function aofFolder(url: string): Promise<string> {
  return withClient(url, async (client) => {
    const [, dir] = (await client.config('GET', 'dir')) as [string, string];
    const [, name] = (await client.config('GET', 'appenddirname')) as [string, string];
    return join(dir, name);
  });
}

async function cutAofTail({ process, url }: RedisNode, bytes: number): Promise<void> {
  const folder = await aofFolder(url);
  await process.replaceWhileDown(async () => {
    for (const name of await readdir(folder)) {
      if (!name.endsWith('.incr.aof')) continue;
      const { size } = await stat(join(folder, name));
      await truncate(join(folder, name), Math.max(0, size - bytes));
    }
  });
}

/** The replica takes the master's place with its address, as behind a name or a virtual IP. */
async function failover({ process, url }: RedisNode): Promise<Heal> {
  const { hostname, port } = new URL(url);
  // By default a master waits five seconds for other replicas to sync with the first.
  await withClient(url, (client) => client.config('SET', 'repl-diskless-sync-delay', '0'));
  const replica = await startRedisBinary([...persistenceArgs(true), '--replicaof', hostname, port]);
  if (replica instanceof NotHere) throw new Error(replica.reason);
  try {
    await connected(replica.url, async (client) => {
      await untilInSync(client);
      await client.call('REPLICAOF', 'NO', 'ONE');
    });
    await sleep(LAG_MS);
    const [from, to] = [await aofFolder(replica.url), await aofFolder(url)];
    await (replica as Service).kill9();
    await process.replaceWhileDown(async () => {
      await rm(to, { recursive: true });
      await cp(from, to, { recursive: true });
    });
  } finally {
    await replica[Symbol.asyncDispose]();
  }
  return nothingToHeal;
}

async function untilInSync(client: Redis): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; ; await sleep(20)) {
    const info = await client.info('replication');
    const persistence = await client.info('persistence');
    // After the first sync the replica writes its whole file anew.
    if (info.includes('master_link_status:up') && persistence.includes('aof_rewrite_in_progress:0')) return;
    if (performance.now() > end) throw new Error('the replica does not catch up');
  }
}
