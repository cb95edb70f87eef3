import { STORE_RESTORED } from '../checker/restored.ts';
import type { Heal, Specials } from '../verify/system.ts';
import { between, type Fault } from './fault.ts';

/** What a service can suffer beyond death; whether and how is the deployment's to say. */
function special<Name extends keyof Specials>(
  name: Name,
  fault: Pick<Fault, 'kind' | 'about' | 'lasts' | 'once'> & { readonly target: string },
  call: (special: NonNullable<Specials[Name]>, random: () => number, over: AbortSignal) => Promise<Heal>,
): Fault {
  const { target, ...rest } = fault;
  return {
    ...rest,
    shared: true,
    targets: ({ specials }) => (specials[name] ? [target] : []),
    inject: ({ specials }, _, random, over) => {
      const found = specials[name];
      if (!found) throw new Error(`${fault.kind} is not possible here`);
      return call(found, random, over);
    },
  };
}

const MOMENT = [0, 0] as const;

export const serviceFaults: readonly Fault[] = [
  special(
    'redisFlushAll',
    {
      kind: 'redis-flush',
      about: 'FLUSHALL: queue, counters, leases and presence are gone',
      target: 'redis',
      lasts: MOMENT,
    },
    (flush) => flush(),
  ),
  special(
    'redisCutAofTail',
    {
      kind: 'redis-aof-tail-cut',
      about: 'Redis loses its last writes, as with a loss of power, and starts again',
      target: 'redis',
      lasts: MOMENT,
    },
    (cut, random) => cut(between(64, 16_384, random)),
  ),
  special(
    'redisEvictCounters',
    {
      kind: 'redis-evict-counters',
      about: "a share of the users' counters is evicted",
      target: 'redis',
      lasts: MOMENT,
    },
    (evict, random) => evict(0.2 + 0.8 * random(), random),
  ),
  special(
    'redisFailoverToLaggingReplica',
    {
      kind: 'redis-lagging-failover',
      about: 'the Redis master dies, and a replica that lacks its last writes takes its place',
      target: 'redis',
      lasts: [500, 3_000],
    },
    (failover) => failover(),
  ),
  special(
    'redisLoseClusterNode',
    {
      kind: 'cluster-node-loss',
      about: 'a node of the Redis Cluster dies, and comes back',
      target: 'redis',
      lasts: [500, 5_000],
    },
    (lose, random) => lose(random),
  ),
  special(
    'storeDiskFull',
    { kind: 'disk-full', about: 'the disk under the store is full', target: 'store', lasts: [500, 5_000] },
    (fill, _, over) => fill(over),
  ),
  special(
    'redisFull',
    {
      kind: 'redis-full',
      about: 'Redis has no memory left, and evicts nothing',
      target: 'redis',
      lasts: [1_000, 5_000],
    },
    (fill) => fill(),
  ),
  special(
    'storeRefuses',
    {
      kind: 'store-refuses',
      about: 'the store refuses everything, with an error that nobody has seen before',
      target: 'store',
      lasts: [5_000, 5_000],
    },
    (refuse, _, over) => refuse(over),
  ),
  special(
    'storeRestored',
    {
      kind: STORE_RESTORED,
      about: 'the store is copied, and at the end restored to that: what was stored between is lost by design',
      target: 'store',
      lasts: [2_000, 5_000],
      once: true,
    },
    (copy, _, over) => copy(over),
  ),
  special(
    'secondDeployment',
    {
      kind: 'second-deployment',
      about: 'another application starts on the same Redis, with a database of its own, and sends',
      target: 'redis',
      lasts: [1_000, 3_000],
    },
    (start) => start(),
  ),
];
