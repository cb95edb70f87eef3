import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { PATIENCE_MS } from '../patience.ts';
import { installPackages } from './debian-packages.ts';
import { INSTALL_REDIS, persistenceArgs, startRedisBinary, startRedisContainer } from './redis.ts';
import { firstOf, NotHere, type Service } from './service.ts';

/** Three masters that share the slots, without replicas: when one dies, its slots are down until it is back. */
export interface RedisCluster extends AsyncDisposable {
  /** Of every node, for `new Cluster(urls)`. */
  readonly urls: readonly string[];
  /** Each can be killed, restarted and paused by itself. Empty when REDIS_CLUSTER_URLS names the cluster. */
  readonly nodes: readonly Service[];
}

const SLOTS = 16_384;
const NODES = 3;
const NODE_TIMEOUT_MS = 2_000;
const CLUSTER_ARGS = [
  ...persistenceArgs(true),
  ...['--cluster-enabled', 'yes', '--cluster-node-timeout', String(NODE_TIMEOUT_MS)],
];

/** A cluster of the test's own; or the one that REDIS_CLUSTER_URLS (separated by commas or spaces) names. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const urls = process.env.REDIS_CLUSTER_URLS?.split(/[\s,]+/).filter(Boolean);
  if (urls?.length) return { urls, nodes: [], [Symbol.asyncDispose]: async () => {} };
  return firstOf('Redis Cluster', INSTALL_REDIS, [
    startBinaries,
    startContainers,
    async () => (await installPackages('redis-server')) ?? startBinaries(),
  ]);
}

async function startBinaries(): Promise<RedisCluster | NotHere> {
  return form(await Promise.all(Array.from({ length: NODES }, () => startRedisBinary(CLUSTER_ARGS))));
}

async function startContainers(): Promise<RedisCluster | NotHere> {
  return form(await Promise.all(Array.from({ length: NODES }, () => startRedisContainer(CLUSTER_ARGS, true))));
}

/** Makes one cluster of the nodes, or passes on why there is none. */
async function form(started: readonly (Service | NotHere)[]): Promise<RedisCluster | NotHere> {
  const nodes = started.filter((each): each is Service => !(each instanceof NotHere));
  const dispose = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
  };
  const missing = started.find((each) => each instanceof NotHere);
  if (missing) {
    await dispose();
    return missing;
  }
  const clients = nodes.map((node) => new Redis(node.url));
  for (const client of clients) client.on('error', () => {});
  try {
    await assignSlots(clients);
    await Promise.all(clients.map((client) => untilReady(client, nodes)));
  } catch (error) {
    await dispose();
    throw error;
  } finally {
    for (const client of clients) client.disconnect();
  }
  return { urls: nodes.map((node) => node.url), nodes, [Symbol.asyncDispose]: dispose };
}

/** Gives each node its third of the slots and an epoch of its own. */
async function assignSlots(clients: readonly Redis[]): Promise<void> {
  await Promise.all(
    clients.map(async (client, index) => {
      const [from, to] = [index, index + 1].map((part) => Math.floor((part * SLOTS) / NODES)) as [number, number];
      await client.call('CLUSTER', 'ADDSLOTSRANGE', from, to - 1);
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
    }),
  );
}

/**
 * Lets it meet the others until it knows them. A node gives a meeting up that lasts longer than its time-out, while the other one
 * may have ended it well: who was given up is never heard of again, unless they meet anew.
 */
async function untilReady(client: Redis, nodes: readonly Service[]): Promise<void> {
  let meetAt = 0;
  for (const end = performance.now() + PATIENCE_MS; ; await sleep(20)) {
    const info = String(await client.call('CLUSTER', 'INFO'));
    const knowsAll = info.includes(`cluster_known_nodes:${NODES}`);
    if (info.includes('cluster_state:ok') && knowsAll) return;
    const now = performance.now();
    if (now > end) throw new Error(`the Redis Cluster does not form:\n${info}`);
    if (knowsAll || now < meetAt) continue;
    meetAt = now + 2 * NODE_TIMEOUT_MS;
    for (const { port } of nodes) {
      if (port !== client.options.port) await client.call('CLUSTER', 'MEET', '127.0.0.1', port);
    }
  }
}
