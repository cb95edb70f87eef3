import { cpuMicros } from '../frame/proc.ts';
import type { BenchServices } from '../frame/services.ts';

/** CPU used so far, in µs. */
export interface Spent {
  /** Of the process that runs Tidemark. */
  readonly node: number;
  readonly redis: number;
  readonly store: number;
}

/** @param node the process that runs Tidemark; by default this one. */
export function spentBy(services: BenchServices, node: number = process.pid): Spent {
  const redis = services.redis?.pid;
  return {
    node: node === process.pid ? ownMicros() : cpuMicros(node),
    redis: redis === undefined ? 0 : cpuMicros(redis),
    store: services.storePids.reduce((sum, pid) => sum + cpuMicros(pid), 0),
  };
}

export function spentSince(before: Spent, now: Spent): Spent {
  return { node: now.node - before.node, redis: now.redis - before.redis, store: now.store - before.store };
}

/** Without what this process forked: those are the services. */
function ownMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
