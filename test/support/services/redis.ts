import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { startContainer } from './container.ts';
import { installPackages } from './debian-packages.ts';
import { externalService, firstOf, NotHere, type Service } from './service.ts';
import { startServer } from './service-process.ts';
import { findProgram } from './system.ts';

export const INSTALL_REDIS =
  'Install redis-server 7 or later (Debian: apt-get install redis-server; macOS: brew install redis), ' +
  'start a Docker engine, or name a server in REDIS_URL (for a cluster: REDIS_CLUSTER_URLS).';
const IMAGE = 'redis:7';
const READY = /Ready to accept connections/;
/** How far above a server's port its cluster bus is. */
const CLUSTER_BUS = 10_000;

export interface RedisOptions {
  /**
   * Whether writes go to an append-only file, so that they are there after `kill9` and `restart`; fsynced each second, as
   * deployments do. Without it a restart gives an empty server. Default true.
   */
  readonly appendonly?: boolean;
}

/**
 * A Redis of the test's own; or the one that REDIS_URL names, which every test that runs at the same time then shares:
 * give each a key prefix, and leave FLUSHALL to tests that have called `startRedis` without that variable.
 */
export async function startRedis(options: RedisOptions = {}): Promise<Service> {
  const url = process.env.REDIS_URL;
  if (url) return externalService('REDIS_URL', url);
  const persistence = persistenceArgs(options.appendonly ?? true);
  return firstOf('Redis', INSTALL_REDIS, [
    () => startRedisBinary(persistence),
    () => startRedisContainer(persistence),
    async () => (await installPackages('redis-server')) ?? startRedisBinary(persistence),
  ]);
}

/** Starts one server of this machine's own. */
export async function startRedisBinary(args: readonly string[]): Promise<Service | NotHere> {
  const command = findProgram('redis-server');
  if (command === undefined) return new NotHere('no redis-server on PATH');
  return startServer(
    async (port, folder) => {
      const data = join(folder, 'data');
      await mkdir(data);
      return {
        name: 'Redis',
        command,
        args: ['--port', String(port), '--bind', '127.0.0.1', '--dir', data, ...args],
        ready: READY,
        stop: 'SIGKILL',
        url: `redis://127.0.0.1:${port}`,
      };
    },
    { alsoFree: [CLUSTER_BUS] },
  );
}

/** Starts one server in a container. */
export function startRedisContainer(args: readonly string[], hostNetwork = false): Promise<Service | NotHere> {
  return startContainer({
    image: IMAGE,
    port: 6379,
    hostNetwork,
    command: (port) => ['redis-server', '--port', String(port), ...args],
    url: (port) => `redis://127.0.0.1:${port}`,
    probe: ping,
  });
}

/**
 * The arguments that turn the append-only file on or off; snapshots are off in any case. `appendfsync no` writes before each
 * reply, and what is written outlives a killed process. `everysec` puts the write off for up to two seconds while an fsync
 * is under way: on a busy disk a killed server then loses what it has acknowledged.
 */
export function persistenceArgs(appendonly: boolean): string[] {
  return appendonly
    ? ['--save', '', '--appendonly', 'yes', '--appendfsync', 'no']
    : ['--save', '', '--appendonly', 'no'];
}

/** Rejects when the server at `url` does not answer. */
async function ping(url: string): Promise<void> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => {});
  try {
    await redis.connect();
    await redis.ping();
  } finally {
    redis.disconnect();
  }
}
