import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Configuration,
  DEVICE_FAILPOINTS,
  type Deployment,
  FAULTS,
  type NetworkPath,
  nodeProcess,
  type ProcessObserver,
  type Run,
  type ServerProcess,
  type Specials,
  type System,
} from '@tidemark/testkit/verify';
import type { Plugin } from 'esbuild';
import { freePort } from '../support/services/free-port.ts';
import { BLUEPRINTS, type Blueprint, type PathTo, type Services } from './blueprints.ts';
import { bundlePrograms } from './bundle.ts';
import { failpointsOn } from './failpoints.ts';
import { type DiskOwner, fillDisks } from './fill-disks.ts';
import { openStorage } from './open-storage.ts';
import { type RedisNode, redisSpecials } from './redis-specials.ts';
import { type RefusingServer, refuseStores } from './refuse-stores.ts';
import { restorable, type Stoppable } from './restore-store.ts';
import { startSecondDeployment } from './second-deployment.ts';
import { SERVER_SETTINGS, type ServerSettings, type StoreSettings } from './server-settings.ts';
import { type ReplaceableProcess, serviceProcess } from './service-process.ts';

const RETENTION_MS = 14 * 24 * 3_600_000;

/** All that must keep the promises: each as it stands in the README, and named on the command line of `npm run verify`. */
export const CONFIGURATIONS: readonly Configuration[] = BLUEPRINTS.map((blueprint) => configurationOf(blueprint, []));

/** One of them, its servers built with these plugins. */
export function configurationBuiltWith(name: string, plugins: readonly Plugin[]): Configuration {
  return configurationOf(blueprintNamed(name), plugins);
}

/** Names of the faults that a configuration has targets for, without starting it. */
export function applicableFaults(name: string): string[] {
  const system = outline(blueprintNamed(name));
  return [...FAULTS.values()].filter((fault) => fault.targets(system).length > 0).map(({ kind }) => kind);
}

function blueprintNamed(name: string): Blueprint {
  const blueprint = BLUEPRINTS.find((each) => each.name === name);
  if (!blueprint) throw new RangeError(`there is no configuration ${name}`);
  return blueprint;
}

function configurationOf(blueprint: Blueprint, plugins: readonly Plugin[]): Configuration {
  const { name, about } = blueprint;
  return { name, about, start: (run) => startDeployment(blueprint, run, plugins) };
}

async function startDeployment(blueprint: Blueprint, run: Run, plugins: readonly Plugin[]): Promise<Deployment> {
  const programs = await mkdtemp(join(tmpdir(), 'tidemark-verify-server-'));
  const ends: (() => Promise<unknown>)[] = [() => rm(programs, { recursive: true, force: true })];
  const end = async (): Promise<void> => {
    for (let step = ends.pop(); step; step = ends.pop()) await step();
  };
  try {
    const [program] = (await bundlePrograms([new URL('./server.ts', import.meta.url)], programs, plugins)) as [string];
    const services = await blueprint.start();
    ends.push(() => services.end());
    const nodes = services.running.map((service, index) => ({
      process: serviceProcess(blueprint.services[index] as string, service, run.observer),
      url: service.url,
    }));
    const servers: TestedServer[] = [];
    const paths: NetworkPath[] = [];
    for (let index = 0; index < blueprint.servers; index += 1) {
      const server = await startServer(run, `server ${index}`, program, services, paths);
      ends.push(async () => server[Symbol.asyncDispose]());
      servers.push(server);
    }
    return {
      servers,
      services: nodes.map(({ process }) => process),
      paths,
      specials: specialsOf(blueprint, nodes, servers, services.store, run.observer),
      retentionMs: RETENTION_MS,
      openStores: () => openStores(services.store),
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

type TestedServer = ServerProcess & Stoppable & DiskOwner & RefusingServer & AsyncDisposable;

async function startServer(
  run: Run,
  name: string,
  program: string,
  services: Services,
  paths: NetworkPath[],
): Promise<TestedServer> {
  const port = await freePort();
  const pathTo: PathTo = async (service, url) => {
    const path = await run.path(`${name} to ${service}`, Number(new URL(url).port));
    paths.push(path);
    const through = new URL(url);
    through.hostname = '127.0.0.1';
    through.port = String(path.port);
    return through.href;
  };
  const settings: ServerSettings = { name, folder: run.folder, port, ...(await services.through(pathTo)) };
  const child = await nodeProcess({
    name,
    args: ['--expose-gc', '--enable-source-maps', program],
    env: () => ({ [SERVER_SETTINGS]: JSON.stringify(settings) }),
    observer: run.observer,
    failpoints: failpointsOf(services.store.kind),
  });
  return {
    ...child,
    get pid() {
      return child.pid;
    },
    url: `ws://127.0.0.1:${port}/trpc`,
    setClockOffset: (ms) => child.call<void>('clock', ms),
    fillDisk: (full) => child.call<number>('disk-full', full),
    refuseStore: (on) => child.call<void>('refuse-store', on),
  };
}

function failpointsOf(store: StoreSettings['kind']): readonly string[] {
  return failpointsOn({ atomic: store !== 'postgres-mongo' });
}

function specialsOf(
  blueprint: Blueprint,
  nodes: readonly RedisNode[],
  servers: readonly TestedServer[],
  store: StoreSettings,
  observer: ProcessObserver,
): Specials {
  const redis = nodes.filter(({ process }) => process.name.startsWith('redis'));
  const [single] = redis;
  const storeRestored = restorable(store, servers);
  return {
    ...(redis.length > 0 && redisSpecials(redis)),
    ...(single && redis.length === 1 && { secondDeployment: () => startSecondDeployment(single.url, observer) }),
    ...(storeRestored && { storeRestored }),
    storeRefuses: (over: AbortSignal) => refuseStores(servers, over),
    ...(blueprint.store === 'sqlite' && { storeDiskFull: (over: AbortSignal) => fillDisks(servers, over) }),
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

/** The system that a blueprint gives, by its names: to ask faults what they would befall, never to befall it. */
function outline(blueprint: Blueprint): System {
  const nothing = async (): Promise<void> => {};
  const process = (name: string): ReplaceableProcess => ({
    name,
    pid: undefined,
    kill9: nothing,
    pause: nothing,
    resume: nothing,
    restart: nothing,
    ensureRunning: nothing,
    replaceWhileDown: nothing,
    endsWithin: async () => true,
  });
  const failing = (name: string, failpoints: readonly string[]) => ({
    ...process(name),
    failpoints,
    armFailpoint: nothing,
  });
  const path = (name: string, protocol: NetworkPath['protocol']): NetworkPath => ({
    name,
    protocol,
    port: 0,
    connections: 0,
    cut: () => {},
    impair: () => () => {},
  });
  const names = Array.from({ length: blueprint.servers }, (_, index) => `server ${index}`);
  const nodes = blueprint.services.map((name) => ({ process: process(name), url: '' }));
  const device = { ...failing('device alice/1', DEVICE_FAILPOINTS), userId: 'alice', deviceId: '1' };
  return {
    servers: names.map((name) => ({
      ...failing(name, failpointsOf(blueprint.store)),
      url: '',
      setClockOffset: nothing,
    })),
    services: nodes.map((node) => node.process),
    devices: [device],
    paths: names.flatMap((name) => [
      path(`devices to ${name}`, 'websocket'),
      ...blueprint.services.map((service) => path(`${name} to ${service}`, 'tcp')),
    ]),
    specials: specialsOf(blueprint, nodes, [], { kind: blueprint.store } as StoreSettings, {
      started: () => {},
      ended: () => {},
    }),
  };
}
