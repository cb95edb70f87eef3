import type {
  DeviceProcess,
  FailingProcess,
  NetworkPath,
  ServerProcess,
  Specials,
  System,
  SystemProcess,
} from '../../../src/verify/system.ts';

/** A system that does nothing and remembers what was asked of it, in order: `server 0 kill9`, `redis refuse`, `redis refuse ends`. */
export interface FakeSystem extends System {
  readonly calls: string[];
}

export interface FakeSystemOptions {
  /** Names of services; redis and postgres unless set. */
  readonly services?: readonly string[];
  readonly specials?: readonly (keyof Specials)[];
}

const SERVER_FAILPOINTS = ['after-decide', 'after-allocate', 'after-history-commit', 'before-publish', 'before-ack'];
const DEVICE_FAILPOINTS = [
  'after-draft-kept',
  'after-frame-before-local-commit',
  'after-local-commit',
  'before-outbox-drop',
];
const SPECIALS: readonly (keyof Specials)[] = [
  'redisFlushAll',
  'redisCutAofTail',
  'redisEvictCounters',
  'redisFailoverToLaggingReplica',
  'redisLoseClusterNode',
  'storeDiskFull',
  'redisFull',
  'storeRefuses',
  'storeRestored',
  'secondDeployment',
];

export function fakeSystem({
  services = ['redis', 'postgres'],
  specials = SPECIALS,
}: FakeSystemOptions = {}): FakeSystem {
  const calls: string[] = [];
  const process = (name: string): SystemProcess => {
    const called = (what: string) => async (): Promise<void> => {
      calls.push(`${name} ${what}`);
    };
    return {
      name,
      pid: undefined,
      kill9: called('kill9'),
      pause: called('pause'),
      resume: called('resume'),
      restart: called('restart'),
      ensureRunning: called('ensureRunning'),
      endsWithin: async () => false,
    };
  };
  const failing = (name: string, failpoints: readonly string[]): FailingProcess => ({
    ...process(name),
    failpoints,
    armFailpoint: async (failpoint, how) => {
      calls.push(`${name} arm ${failpoint}${how === undefined ? '' : ` to ${how}`}`);
    },
  });
  const server = (name: string): ServerProcess => ({
    ...failing(name, SERVER_FAILPOINTS),
    url: 'ws://127.0.0.1:1/trpc',
    setClockOffset: async (ms) => {
      calls.push(`${name} clock ${ms}`);
    },
  });
  const device = (userId: string): DeviceProcess => ({
    ...failing(`device ${userId}/1`, DEVICE_FAILPOINTS),
    userId,
    deviceId: '1',
  });
  const path = (name: string, protocol: NetworkPath['protocol']): NetworkPath => ({
    name,
    protocol,
    port: 1,
    connections: 0,
    cut: (which = 'all') => {
      calls.push(`${name}: cut ${which}`);
    },
    impair: (impairment) => {
      calls.push(`${name}: ${JSON.stringify(impairment)}`);
      return () => {
        calls.push(`${name}: ${impairment.kind} ends`);
      };
    },
  });
  const servers = ['server 0', 'server 1'];
  const special = (name: keyof Specials) => async (): Promise<() => Promise<void>> => {
    calls.push(name);
    return async () => {
      calls.push(`${name} ends`);
    };
  };
  return {
    calls,
    servers: servers.map(server),
    services: services.map(process),
    devices: ['alice', 'bob'].map(device),
    paths: servers.flatMap((name) => [
      path(`devices to ${name}`, 'websocket'),
      ...services.map((service) => path(`${name} to ${service}`, 'tcp')),
    ]),
    specials: Object.fromEntries(specials.map((name) => [name, special(name)])),
  };
}
