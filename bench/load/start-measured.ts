import { freePort } from '../../test/support/services/free-port.ts';
import type { StoreSettings } from '../../test/verify/server-settings.ts';
import { memoryOf } from '../frame/proc.ts';
import { type Program, startProgram } from '../frame/program.ts';
import type { BenchServices } from '../frame/services.ts';
import type { MemoryHeld } from './memory-held.ts';

export interface MeasuredServerSettings {
  readonly port: number;
  readonly redis: string | null;
  readonly store: StoreSettings;
}

/** A server in a process of its own, whose memory can be asked for. */
export interface MeasuredServer extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  memory(): Promise<MemoryHeld>;
  connections(): Promise<number>;
  /** How often each method of the storage was called so far. */
  storageCalls(): Promise<Readonly<Record<string, number>>>;
  /** How often slow consumers, gaps, retries, conflicts and dead letters were told of so far. */
  eventCounts(): Promise<Readonly<Record<string, number>>>;
}

export function startTidemark(services: BenchServices): Promise<MeasuredServer> {
  return start(new URL('./measured-server.ts', import.meta.url), services, '/trpc');
}

export function startBare(services: BenchServices): Promise<MeasuredServer> {
  return start(new URL('./bare-server.ts', import.meta.url), services, '/');
}

async function start(source: URL, { redis, store }: BenchServices, path: string): Promise<MeasuredServer> {
  const settings: MeasuredServerSettings = { port: await freePort(), redis: redis?.url ?? null, store };
  const program: Program = await startProgram(source, { settings, nodeArgs: ['--expose-gc'] });
  return {
    url: `ws://127.0.0.1:${settings.port}${path}`,
    pid: program.pid,
    memory: () => program.call('memory'),
    connections: () => program.call('connections'),
    storageCalls: () => program.call('storage-calls'),
    eventCounts: () => program.call('event-counts'),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

/** The most that a process holds from now until `stop`, as /proc tells every 50 ms. */
export function watchPeak(pid: number): { stop(): number } {
  let peak = memoryOf(pid).rss;
  const timer = setInterval(() => {
    peak = Math.max(peak, memoryOf(pid).rss);
  }, 50);
  return {
    stop: () => {
      clearInterval(timer);
      return Math.max(peak, memoryOf(pid).rss);
    },
  };
}
