import type { DeploymentStatus, Operator } from '@tidemark/server';
import type { Redis } from 'ioredis';

export interface Finding {
  readonly level: 'ok' | 'warning' | 'error';
  readonly check: string;
  readonly text: string;
}

interface Subject {
  readonly operator: Operator;
  readonly redis: Redis;
  readonly prefix: string;
  /** As the processes are said to have it. */
  readonly partitions: number | undefined;
}

const OLDEST_REDIS = 7;
/** ms by which clocks may differ without a word, and at all: as `tuning.maxClockSkewMs` has it. */
const CLOCK = { warning: 5_000, error: 300_000 };
const LAG_MS = 10_000;
const MOST_PARTITIONS = 256;

/** Looks for what is set up so that a promise could be broken, and for what stands still. Changes nothing. */
export async function diagnose(subject: Subject): Promise<Finding[]> {
  const { operator, redis, prefix, partitions } = subject;
  const [status, info, neighbours] = await Promise.all([operator.status(), redis.info(), deployments(redis)]);
  return [
    version(info),
    eviction(info),
    clock(status),
    claim(status, prefix),
    ...sameNumber(status, partitions),
    ...crossing(prefix, neighbours),
    ...(await leftBehind(redis, prefix, status)),
    ...writers(status),
    ...letters(status),
  ];
}

function version(info: string): Finding {
  const found = fieldOf(info, 'redis_version');
  const level = Number.parseInt(found, 10) >= OLDEST_REDIS ? 'ok' : 'error';
  return { level, check: 'Redis', text: `version ${found}${level === 'ok' ? '' : `, and ${OLDEST_REDIS} is needed`}` };
}

function eviction(info: string): Finding {
  const policy = fieldOf(info, 'maxmemory_policy');
  const check = 'maxmemory-policy';
  if (policy === 'noeviction') return { level: 'ok', check, text: policy };
  if (fieldOf(info, 'maxmemory') === '0')
    return { level: 'warning', check, text: `${policy}, without maxmemory: set noeviction before you bound it` };
  return {
    level: 'error',
    check,
    text: `${policy}: what it evicts would be commands and leases. Set noeviction, or use another Redis`,
  };
}

function clock({ aheadMs }: DeploymentStatus): Finding {
  const off = Math.abs(aheadMs);
  const level = off > CLOCK.error ? 'error' : off > CLOCK.warning ? 'warning' : 'ok';
  return { level, check: 'clock', text: `this machine is ${aheadMs} ms ahead of Redis` };
}

function claim({ claim: found }: DeploymentStatus, prefix: string): Finding {
  if (!found)
    return { level: 'error', check: 'deployment', text: `nothing has been claimed under the prefix "${prefix}"` };
  return {
    level: 'ok',
    check: 'deployment',
    text: `store ${found.identity}, inbox epoch ${found.epoch}, ${found.partitions} partitions`,
  };
}

function sameNumber({ claim: found }: DeploymentStatus, partitions: number | undefined): Finding[] {
  if (!found || partitions === undefined || partitions === found.partitions) return [];
  return [
    {
      level: 'error',
      check: 'partitions',
      text: `${partitions} here and ${found.partitions} in Redis: processes with ${partitions} take no part`,
    },
  ];
}

/** Prefixes of all deployments in this Redis. */
async function deployments(redis: Redis): Promise<string[]> {
  const found = new Set<string>();
  for await (const keys of redis.scanStream({ match: '*deployment', type: 'hash', count: 1_000 }) as AsyncIterable<
    string[]
  >)
    for (const key of keys) found.add(key.slice(0, -'deployment'.length));
  return [...found];
}

function crossing(prefix: string, neighbours: readonly string[]): Finding[] {
  return neighbours
    .filter((other) => other !== prefix && (other.startsWith(prefix) || prefix.startsWith(other)))
    .map((other) => ({
      level: 'warning',
      check: 'prefixes',
      text: `"${other}" is another deployment's, and one of the two begins with the other: patterns of keys and of rights meet both`,
    }));
}

/** Commands in partitions that the deployment no longer has: nobody reads them. */
async function leftBehind(redis: Redis, prefix: string, { claim: found }: DeploymentStatus): Promise<Finding[]> {
  if (!found) return [];
  const beyond = Array.from({ length: MOST_PARTITIONS - found.partitions }, (_, nth) => found.partitions + nth);
  const lengths = await Promise.all(beyond.map((partition) => redis.xlen(`${prefix}{c${partition}}:commands`)));
  return beyond
    .filter((_, nth) => (lengths[nth] ?? 0) > 0)
    .map((partition) => ({
      level: 'error',
      check: 'partitions',
      text: `partition ${partition} has commands, and there are only ${found.partitions} partitions`,
    }));
}

function writers({ claim: found, workers, partitions }: DeploymentStatus): Finding[] {
  if (!found) return [];
  if (workers.length === 0) return [{ level: 'error', check: 'workers', text: 'none is listed: commands wait' }];
  const orphans = partitions.filter(({ owner }) => owner === undefined).map(({ partition }) => partition);
  const late = partitions.filter(({ lagMs }) => lagMs > LAG_MS);
  return [
    orphans.length === 0
      ? { level: 'ok', check: 'workers', text: `${workers.length}, and every partition has a writer` }
      : { level: 'error', check: 'workers', text: `nobody writes the partitions ${orphans.join(', ')}` },
    ...late.map(
      ({ partition, lagMs, backlog }): Finding => ({
        level: 'warning',
        check: 'lag',
        text: `the oldest of ${backlog} commands of partition ${partition} has waited for ${Math.round(lagMs / 1_000)} s`,
      }),
    ),
  ];
}

function letters({ partitions }: DeploymentStatus): Finding[] {
  const count = partitions.reduce((sum, { deadLetters }) => sum + deadLetters, 0);
  if (count === 0) return [];
  return [{ level: 'warning', check: 'dead letters', text: `${count}: tidemark dead-letters list` }];
}

function fieldOf(info: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
}
