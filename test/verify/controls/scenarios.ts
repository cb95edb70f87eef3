import { FAULTS, type Heal, type NetworkPath, type System } from '@tidemark/testkit/verify';

/** What a scenario acts upon. Traffic runs all the time. */
export interface Scene {
  readonly system: System;
  /** Resolves when so many more messages have been acknowledged. */
  acknowledged(more: number): Promise<void>;
  /** Resolves when all devices are connected, everywhere or at one server. */
  connected(server?: number): Promise<void>;
  /** Begins a fault, lets `during` pass, and heals it; the history tells of it. */
  suffer(kind: string, target: string, begin: () => Promise<Heal>, during?: () => Promise<void>): Promise<void>;
}

export interface Scenario {
  readonly name: string;
  readonly about: string;
  run(scene: Scene): Promise<void>;
}

/** One of the catalogue, at the target with this name. */
function fault(scene: Scene, kind: string, target: string, during?: () => Promise<void>): Promise<void> {
  const found = FAULTS.get(kind);
  if (!found) throw new Error(`there is no fault ${kind}`);
  // Of what is drawn, always the last: of `ws-cut`, all sockets.
  return scene.suffer(
    kind,
    target,
    () => found.inject(scene.system, target, () => 0.999, new AbortController().signal),
    during,
  );
}

/** The devices at a server are cut off, and cannot come back until it is over. */
function offline(scene: Scene, path: NetworkPath, during: () => Promise<void>): Promise<void> {
  const begin = async (): Promise<Heal> => {
    const end = path.impair({ kind: 'refuse' });
    path.cut();
    return async () => end();
  };
  return scene.suffer('devices-offline', path.name, begin, during);
}

export const SCENARIOS = {
  none: {
    name: 'no faults',
    about: 'traffic alone',
    run: (scene) => scene.acknowledged(300),
  },
  offline: {
    name: 'devices offline',
    about: 'the devices at either server in turn are cut off while 60 messages are sent, and come back',
    run: async (scene) => {
      for (const [server, path] of scene.system.paths.entries()) {
        await offline(scene, path, () => scene.acknowledged(60));
        await scene.connected(server);
        await scene.acknowledged(60);
      }
    },
  },
  serverKilled: {
    name: 'server killed',
    about: 'either server in turn is killed with -9, and starts again after 60 messages',
    run: async (scene) => {
      for (const [index, server] of scene.system.servers.entries()) {
        await fault(scene, 'kill-server', server.name, () => scene.acknowledged(60));
        await scene.connected(index);
        await scene.acknowledged(60);
      }
    },
  },
  redisFlushed: {
    name: 'Redis flushed',
    about: 'while the devices at one server are offline and 60 messages were sent, FLUSHALL; then they come back',
    run: async (scene) => {
      const [path] = scene.system.paths as [NetworkPath];
      await offline(scene, path, async () => {
        await scene.acknowledged(60);
        await fault(scene, 'redis-flush', 'redis');
        await scene.acknowledged(30);
      });
      await scene.connected();
      await scene.acknowledged(60);
    },
  },
  redisKilled: {
    name: 'Redis killed',
    about: 'Redis is killed with -9 twice, and starts again at once with all that it had written',
    run: async (scene) => {
      for (let round = 0; round < 2; round++) {
        await fault(scene, 'kill-redis', 'redis');
        await scene.connected();
        await scene.acknowledged(60);
      }
    },
  },
} as const satisfies Record<string, Scenario>;
