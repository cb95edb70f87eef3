import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMariadb } from '../support/services/mariadb.ts';
import { startMongo } from '../support/services/mongo.ts';
import { startPostgres } from '../support/services/postgres.ts';
import { startRedis } from '../support/services/redis.ts';
import { startRedisCluster } from '../support/services/redis-cluster.ts';
import type { Service } from '../support/services/service.ts';
import type { ServerSettings, StoreSettings } from './server-settings.ts';

/** What a configuration consists of, before anything of it runs. */
export interface Blueprint {
  readonly name: string;
  readonly about: string;
  /** Server processes. */
  readonly servers: number;
  /** Names of the services; those of Redis begin with `redis`. */
  readonly services: readonly string[];
  readonly store: StoreSettings['kind'];
  start(): Promise<Services>;
}

/** The services of one run, as its servers reach them. */
export interface Services {
  /** In the order of the names. */
  readonly running: readonly Service[];
  /** The stores past all proxies. */
  readonly store: StoreSettings;
  /** What one server connects to; a path stands before each service. */
  through(pathTo: PathTo): Promise<Pick<ServerSettings, 'redis' | 'store'>>;
  end(): Promise<void>;
}

/** Puts a path between a server and a service, and gives the URL through it. */
export type PathTo = (service: string, url: string) => Promise<string>;

const CLUSTER_NODES = ['redis 0', 'redis 1', 'redis 2'] as const;

export const BLUEPRINTS: readonly Blueprint[] = [
  {
    name: 'embedded',
    about: 'one process on SQLite, nothing to install',
    servers: 1,
    services: [],
    store: 'sqlite',
    start: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'tidemark-verify-sqlite-'));
      const store: StoreSettings = { kind: 'sqlite', path: join(folder, 'messaging.db') };
      return {
        running: [],
        store,
        through: async () => ({ redis: null, store }),
        end: () => rm(folder, { recursive: true, force: true }),
      };
    },
  },
  {
    name: 'redis-postgres',
    about: 'two processes on Redis and Postgres',
    servers: 2,
    services: ['redis', 'postgres'],
    store: 'postgres',
    start: async () => {
      const running = await allOrNone([startRedis(), startPostgres()]);
      const [redis, postgres] = running;
      const store: StoreSettings = { kind: 'postgres', url: postgres.url };
      return onRedis(redis, running, store, async (pathTo) => ({
        ...store,
        url: await pathTo('postgres', postgres.url),
      }));
    },
  },
  {
    name: 'redis-mariadb',
    about: 'two processes on Redis and MariaDB',
    servers: 2,
    services: ['redis', 'mariadb'],
    store: 'mysql',
    start: async () => {
      const running = await allOrNone([startRedis(), startMariadb()]);
      const [redis, mariadb] = running;
      const store: StoreSettings = { kind: 'mysql', url: mariadb.url };
      return onRedis(redis, running, store, async (pathTo) => ({
        ...store,
        url: await pathTo('mariadb', mariadb.url),
      }));
    },
  },
  {
    name: 'redis-postgres-mongo',
    about: 'two processes on Redis, history in Postgres, inboxes in MongoDB',
    servers: 2,
    services: ['redis', 'postgres', 'mongo'],
    store: 'postgres-mongo',
    start: async () => {
      const running = await allOrNone([startRedis(), startPostgres(), startMongo()]);
      const [redis, postgres, mongo] = running;
      const store: StoreSettings = { kind: 'postgres-mongo', postgres: postgres.url, mongo: mongo.url };
      return onRedis(redis, running, store, async (pathTo) => ({
        ...store,
        postgres: await pathTo('postgres', postgres.url),
        mongo: await pathTo('mongo', mongo.url),
      }));
    },
  },
  {
    name: 'cluster-postgres',
    about: 'two processes on a Redis Cluster and Postgres',
    servers: 2,
    services: [...CLUSTER_NODES, 'postgres'],
    store: 'postgres',
    start: async () => {
      const [cluster, postgres] = await allOrNone([startRedisCluster(), startPostgres()]);
      if (cluster.nodes.length !== CLUSTER_NODES.length) {
        await endAll([cluster, postgres]);
        throw new Error('a cluster of our own is needed: unset REDIS_CLUSTER_URLS');
      }
      const store: StoreSettings = { kind: 'postgres', url: postgres.url };
      return {
        running: [...cluster.nodes, postgres],
        store,
        through: async (pathTo) => {
          const nodes = CLUSTER_NODES.map(async (name, index) => {
            const node = cluster.nodes[index] as Service;
            const { hostname, port } = new URL(await pathTo(name, node.url));
            return [`127.0.0.1:${node.port}`, { host: hostname, port: Number(port) }] as const;
          });
          return {
            redis: { nodes: await Promise.all(nodes) },
            store: { ...store, url: await pathTo('postgres', postgres.url) },
          };
        },
        end: () => endAll([cluster, postgres]),
      };
    },
  },
];

function onRedis(
  redis: Service,
  running: readonly Service[],
  store: StoreSettings,
  storeThrough: (pathTo: PathTo) => Promise<StoreSettings>,
): Services {
  return {
    running,
    store,
    through: async (pathTo) => ({ redis: await pathTo('redis', redis.url), store: await storeThrough(pathTo) }),
    end: () => endAll(running),
  };
}

/** Resolves when all have started. When one cannot, the others are ended. */
async function allOrNone<T extends readonly AsyncDisposable[]>(
  starts: {
    readonly [K in keyof T]: Promise<T[K]>;
  },
): Promise<T> {
  const started = await Promise.allSettled(starts as readonly Promise<AsyncDisposable>[]);
  const failure = started.find((each) => each.status === 'rejected');
  const running = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  if (!failure) return running as unknown as T;
  await endAll(running);
  throw failure.reason;
}

async function endAll(things: readonly AsyncDisposable[]): Promise<void> {
  await Promise.all(things.map((each) => each[Symbol.asyncDispose]()));
}
