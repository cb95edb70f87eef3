import type { Heal, Impairment, NetworkPath, System } from '../verify/system.ts';
import { between, endsOf, type Fault, isRedis, namesOf, nothingToHeal } from './fault.ts';

/** Which paths a fault befalls together, by the name of the target. */
type Groups = (system: System) => ReadonlyMap<string, readonly NetworkPath[]>;

/** Each path between devices and a server by itself. */
const sockets: Groups = ({ paths }) =>
  new Map(paths.filter(({ protocol }) => protocol === 'websocket').map((path) => [path.name, [path]]));

/** All that leads to Redis, from every server: a cluster is one thing. */
const toRedis: Groups = ({ paths }) => grouped(paths, ({ to }) => (isRedis(to) ? 'redis' : undefined));

/** All that leads to one store. */
const toStore: Groups = ({ paths }) => grouped(paths, ({ to }) => (isRedis(to) ? undefined : to));

/** All that leads from one server to Redis, while it reaches its store. */
const serverToRedis: Groups = ({ paths }) => grouped(paths, ({ from, to }) => (isRedis(to) ? from : undefined));

function grouped(
  paths: readonly NetworkPath[],
  by: (ends: { from: string; to: string }) => string | undefined,
): Map<string, NetworkPath[]> {
  const groups = new Map<string, NetworkPath[]>();
  for (const path of paths) {
    const target = path.protocol === 'tcp' ? by(endsOf(path)) : undefined;
    if (target !== undefined) groups.set(target, [...(groups.get(target) ?? []), path]);
  }
  return groups;
}

function on(
  groups: Groups,
  fault: Pick<Fault, 'kind' | 'about' | 'lasts' | 'shared'>,
  act: (paths: readonly NetworkPath[], random: () => number) => Heal,
): Fault {
  return {
    ...fault,
    targets: (system) => [...groups(system).keys()],
    inject: async (system, target, random) => {
      const paths = groups(system).get(target);
      if (!paths) throw new Error(`there is no path ${target} among ${namesOf(system.paths).join(', ')}`);
      return act(paths, random);
    },
  };
}

function impairing(
  draw: (random: () => number) => Impairment,
): (paths: readonly NetworkPath[], random: () => number) => Heal {
  return (paths, random) => {
    const impairment = draw(random);
    const ends = paths.map((path) => path.impair(impairment));
    return async () => {
      for (const end of ends) end();
    };
  };
}

/** Every connection is reset; sometimes new ones are refused for as long as it lasts. */
function cutting(paths: readonly NetworkPath[], random: () => number): Heal {
  const refusing = random() < 0.5;
  const ends = refusing ? paths.map((path) => path.impair({ kind: 'refuse' })) : [];
  for (const path of paths) path.cut();
  return async () => {
    for (const end of ends) end();
  };
}

const stalling = impairing(() => ({ kind: 'stall', direction: 'both' }));
const delaying = impairing((random) => ({
  kind: 'delay',
  ms: between(20, 300, random),
  jitterMs: between(0, 300, random),
}));
/** Mostly what devices receive; what they send, now and then. */
const direction = (random: () => number): 'down' | 'up' => (random() < 0.7 ? 'down' : 'up');
const share = (random: () => number): number => 0.1 + 0.4 * random();

function socketFault(
  kind: string,
  about: string,
  lasts: Fault['lasts'],
  act: (paths: readonly NetworkPath[], random: () => number) => Heal,
): Fault {
  return on(sockets, { kind, about, lasts, shared: false }, act);
}

/** Cut, stall and delay of what leads to a service. */
function serviceNetwork(service: 'redis' | 'store', groups: Groups): Fault[] {
  const about = service === 'redis' ? 'Redis' : 'a store';
  const fault = (what: string, text: string, lasts: Fault['lasts']) => ({
    kind: `${service}-tcp-${what}`,
    about: text,
    lasts,
    shared: true,
  });
  return [
    on(groups, fault('cut', `every connection to ${about} is reset`, [0, 2_000]), cutting),
    on(groups, fault('stall', `nothing passes to or from ${about}, and nobody is told`, [300, 4_000]), stalling),
    on(groups, fault('delay', `${about} is far away`, [500, 5_000]), delaying),
  ];
}

export const networkFaults: readonly Fault[] = [
  socketFault('ws-cut', 'sockets of devices are reset, one or all of a server', [0, 0], ([path], random) => {
    path?.cut(random() < 0.5 ? 'one' : 'all');
    return nothingToHeal;
  }),
  socketFault(
    'ws-half-open',
    'sockets of devices are dead for good, and neither side is told',
    [0, 0],
    impairing(() => ({ kind: 'half-open' })),
  ),
  socketFault('ws-delay', 'what devices send and receive comes late', [500, 5_000], delaying),
  socketFault(
    'ws-stall',
    'nothing passes between devices and a server for a while, in one direction or both',
    [300, 5_000],
    impairing((random) => ({
      kind: 'stall',
      direction: (['both', 'down', 'up'] as const)[between(0, 2, random)] ?? 'both',
    })),
  ),
  socketFault(
    'ws-duplicate-frame',
    'WebSocket messages come twice',
    [1_000, 8_000],
    impairing((random) => ({ kind: 'duplicate', share: share(random), direction: direction(random) })),
  ),
  socketFault(
    'ws-swap-frames',
    'WebSocket messages change places with the next one',
    [1_000, 8_000],
    impairing((random) => ({ kind: 'swap', share: share(random), direction: direction(random) })),
  ),
  socketFault(
    'ws-replay-frames',
    'WebSocket messages of a while ago come again',
    [1_000, 8_000],
    impairing((random) => ({ kind: 'replay', share: share(random) / 2, direction: direction(random) })),
  ),
  socketFault(
    'slow-reader',
    'a device reads one byte a second',
    [2_000, 10_000],
    impairing(() => ({ kind: 'throttle', bytesPerSecond: 1, which: 'one' })),
  ),
  ...serviceNetwork('redis', toRedis),
  ...serviceNetwork('store', toStore),
  on(
    serverToRedis,
    {
      kind: 'worker-partition',
      about: 'a worker is cut from Redis, reaches its store, and believes that it still owns its partitions',
      // Longer than a lease lasts.
      lasts: [1_500, 8_000],
      shared: false,
    },
    impairing((random) => ({ kind: 'stall', direction: random() < 0.7 ? 'both' : 'down' })),
  ),
];
