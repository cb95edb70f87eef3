import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Configuration,
  type Deployment,
  type Heal,
  nodeProcess,
  type Run,
  type ServerProcess,
  type Specials,
} from '@tidemark/testkit/verify';
import { freePort } from '../support/services/free-port.ts';
import { startMariadb } from '../support/services/mariadb.ts';
import { startMongo } from '../support/services/mongo.ts';
import { startPostgres } from '../support/services/postgres.ts';
import { startRedis } from '../support/services/redis.ts';
import { startRedisCluster } from '../support/services/redis-cluster.ts';
import type { Service } from '../support/services/service.ts';
import { bundlePrograms } from './bundle.ts';
import { failpointsOn } from './failpoints.ts';
import { openStorage } from './open-storage.ts';
import { redisSpecials } from './redis-specials.ts';
import { type RedisSettings, SERVER_SETTINGS, type ServerSettings, type StoreSettings } from './server-settings.ts';
import { serviceProcess } from './service-process.ts';

/** The services of one run, as its servers reach them. */
interface Services {
  readonly running: readonly (readonly [name: string, service: Service])[];
  /** As the stores are reached past all proxies. */
  readonly store: StoreSettings;
  /** What server `index` connects to; a path stands before each service. */
  through(index: number, path: PathTo): Promise<Pick<ServerSettings, 'redis' | 'store'>>;
  /** Names of those of {@link running} that are Redis. */
  readonly redis: readonly string[];
  readonly end: () => Promise<void>;
}

/** Puts a path between a server and a service, and gives the URL through it. */
type PathTo = (service: string, url: string) => Promise<string>;

const RETENTION_MS = 14 * 24 * 3_600_000;

export const CONFIGURATIONS: readonly Configuration[] = [
  configuration('embedded', 'one process, SQLite, nothing to install', 1, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tidemark-verify-sqlite-'));
    const store: StoreSettings = { kind: 'sqlite', path: join(folder, 'messaging.db') };
    return {
      running: [],
      store,
      through: async () => ({ redis: null, store }),
      redis: [],
      end: () => rm(folder, { recursive: true, force: true }),
    };
  }),
  configuration('redis-postgres', 'two processes on Redis and Postgres', 2, async () => {
    const [redis, postgres] = await allOrNone([startRedis(), startPostgres()]);
    return withRedis(redis, [['postgres', postgres]], { kind: 'postgres', url: postgres.url }, async (pathTo) => ({
      kind: 'postgres',
      url: await pathTo('postgres', postgres.url),
    }));
  }),
  configuration('redis-mariadb', 'two processes on Redis and MariaDB', 2, async () => {
    const [redis, mariadb] = await allOrNone([startRedis(), startMariadb()]);
    return withRedis(redis, [['mariadb', mariadb]], { kind: 'mysql', url: mariadb.url }, async (pathTo) => ({
      kind: 'mysql',
      url: await pathTo('mariadb', mariadb.url),
    }));
  }),
  configuration(
    'redis-postgres-mongo',
    'two processes on Redis, history in Postgres, inboxes in MongoDB',
    2,
    async () => {
      const [redis, postgres, mongo] = await allOrNone([startRedis(), startPostgres(), startMongo()]);
      const store: StoreSettings = { kind: 'postgres-mongo', postgres: postgres.url, mongo: mongo.url };
      const running: Services['running'] = [
        ['postgres', postgres],
        ['mongo', mongo],
      ];
      return withRedis(redis, running, store, async (pathTo) => ({
        kind: 'postgres-mongo',
        postgres: await pathTo('postgres', postgres.url),
        mongo: await pathTo('mongo', mongo.url),
      }));
    },
  ),
  configuration('cluster-postgres', 'two processes on a Redis Cluster and Postgres', 2, async () => {
    const [cluster, postgres] = await allOrNone([startRedisCluster(), startPostgres()]);
    const nodes = cluster.nodes.map((node, index) => [`redis ${index}`, node] as const);
    return {
      running: [...nodes, ['postgres', postgres]],
      store: { kind: 'postgres', url: postgres.url },
      through: async (_, pathTo) => ({
        redis: { nodes: await Promise.all(nodes.map(([name, node]) => clusterNode(name, node, pathTo))) },
        store: { kind: 'postgres', url: await pathTo('postgres', postgres.url) },
      }),
      redis: nodes.map(([name]) => name),
      end: () => endAll([cluster, postgres]),
    };
  }),
];

async function clusterNode(
  name: string,
  node: Service,
  pathTo: PathTo,
): Promise<Exclude<RedisSettings, string>['nodes'][number]> {
  const through = new URL(await pathTo(name, node.url));
  return [`127.0.0.1:${node.port}`, { host: through.hostname, port: Number(through.port) }];
}

function withRedis(
  redis: Service,
  others: Services['running'],
  store: StoreSettings,
  storeThrough: (pathTo: PathTo) => Promise<StoreSettings>,
): Services {
  return {
    running: [['redis', redis], ...others],
    store,
    through: async (_, pathTo) => ({ redis: await pathTo('redis', redis.url), store: await storeThrough(pathTo) }),
    redis: ['redis'],
    end: () => endAll([redis, ...others.map(([, service]) => service)]),
  };
}

function configuration(
  name: string,
  about: string,
  serverCount: number,
  startServices: () => Promise<Services>,
): Configuration {
  return {
    name,
    about,
    start: async (run) => {
      const programs = await mkdtemp(join(tmpdir(), 'tidemark-verify-server-'));
      const ends: (() => Promise<unknown>)[] = [() => rm(programs, { recursive: true, force: true })];
      const end = async (): Promise<void> => {
        for (const step of ends.reverse()) await step();
      };
      try {
        const [program] = (await bundlePrograms(['server'], programs)) as [string];
        const services = await startServices();
        ends.push(() => services.end());
        const processes = services.running.map(([service, running]) => ({
          process: serviceProcess(service, running, run.observer),
          url: running.url,
        }));
        const servers: TestedServer[] = [];
        const paths: Deployment['paths'][number][] = [];
        for (let index = 0; index < serverCount; index += 1) {
          const server = await startServer(run, index, program, services, paths);
          ends.push(async () => server[Symbol.asyncDispose]());
          servers.push(server);
        }
        const redis = processes.filter(({ process }) => services.redis.includes(process.name));
        const specials: Specials = {
          ...(redis.length > 0 && redisSpecials(redis)),
          ...(services.store.kind === 'sqlite' && { storeDiskFull: () => fillDisks(servers) }),
        };
        return {
          servers,
          services: processes.map(({ process }) => process),
          paths,
          specials,
          retentionMs: RETENTION_MS,
          openStores: () => openStores(services.store),
          [Symbol.asyncDispose]: end,
        };
      } catch (error) {
        await end();
        throw error;
      }
    },
  };
}

async function fillDisks(servers: readonly TestedServer[]): Promise<Heal> {
  await Promise.all(servers.map((server) => server.fillDisk(true)));
  // One that has died meanwhile starts with room.
  return async () => {
    await Promise.all(servers.map((server) => server.fillDisk(false).catch(() => undefined)));
  };
}

async function openStores(store: StoreSettings): ReturnType<Deployment['openStores']> {
  const { storage, end } = openStorage(store);
  await storage.open();
  return {
    history: storage.history,
    inbox: storage.inbox,
    close: async () => {
      await storage.close();
      await end();
    },
  };
}

async function failpointsOf(store: StoreSettings): Promise<readonly string[]> {
  const { storage, end } = openStorage(store);
  await end();
  return failpointsOn(storage.capabilities);
}

interface TestedServer extends ServerProcess, AsyncDisposable {
  fillDisk(full: boolean): Promise<void>;
}

async function startServer(
  run: Run,
  index: number,
  program: string,
  services: Services,
  paths: Deployment['paths'][number][],
): Promise<TestedServer> {
  const name = `server ${index}`;
  const port = await freePort();
  const pathTo: PathTo = async (service, url) => {
    const path = await run.path(`${name} to ${service}`, Number(new URL(url).port));
    paths.push(path);
    const through = new URL(url);
    through.hostname = '127.0.0.1';
    through.port = String(path.port);
    return through.href;
  };
  const settings: ServerSettings = { name, folder: run.folder, port, ...(await services.through(index, pathTo)) };
  const child = await nodeProcess({
    name,
    args: ['--expose-gc', '--enable-source-maps', program],
    env: () => ({ [SERVER_SETTINGS]: JSON.stringify(settings) }),
    observer: run.observer,
    failpoints: await failpointsOf(services.store),
  });
  return {
    ...child,
    get pid() {
      return child.pid;
    },
    url: `ws://127.0.0.1:${port}/trpc`,
    setClockOffset: (ms) => child.call<void>('clock', ms),
    fillDisk: (full) => child.call<void>('disk-full', full),
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
