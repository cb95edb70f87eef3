import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchContext } from '../frame/bench.ts';
import { cpuMicros } from '../frame/proc.ts';
import { type Program, startProgram } from '../frame/program.ts';
import type { BenchServices } from '../frame/services.ts';
import type { System } from '../systems/system.ts';
import type { FanOutRun, GeneratorSettings, SendRun } from './generator.ts';
import type { RunResult } from './tally.ts';

/** A system with clients, each in a process of its own; both wait while another system has its turn. */
export interface Contestant {
  readonly system: System;
  /** Calls the load generator, and says what was spent meanwhile; before that it warms up with the same. */
  measure(run: 'send' | 'fanOut', settings: SendRun | FanOutRun): Promise<Measured>;
  prepare(call: 'openGroup', argument: unknown): Promise<void>;
}

export interface Measured extends RunResult {
  /** CPU in µs; of services where the system uses them. */
  readonly cpu: { readonly server: number; readonly redis?: number; readonly store?: number };
}

export interface Contest extends AsyncDisposable {
  readonly contestants: readonly Contestant[];
}

/** ms of load before each run: a process that waited for the turns of the others has given back memory and compiled code. */
const WARM_UP = 700;
/** ms before each run: what the one before left to be done, by a service or a collector, is mostly over then. */
const PAUSE = 150;

/** Starts those of the systems that can run here, and says aloud which cannot. */
export async function startContest(
  services: BenchServices,
  systems: readonly System[],
  { log, note }: BenchContext,
): Promise<Contest> {
  const started: AsyncDisposable[] = [];
  const end = async (): Promise<void> => {
    for (let each = started.pop(); each; each = started.pop()) await each[Symbol.asyncDispose]();
  };
  const contestants: Contestant[] = [];
  try {
    for (const system of systems) {
      const missing = system.missing(services);
      if (missing !== undefined) {
        log(`!!! ${system.name} is not measured: ${missing}`);
        note(`${system.name} is not measured: ${missing}.`);
        continue;
      }
      const running = await system.start(services);
      started.push(running);
      const settings: GeneratorSettings = { wire: system.wire, url: running.url };
      const generator = await startProgram(new URL('./generator.ts', import.meta.url), { settings });
      started.push(generator);
      contestants.push(contestant(system, running.pid, generator, services));
      note(`Acknowledged by ${system.name}: ${system.acknowledgementMeans}.`);
      log(`${system.name} runs`);
    }
  } catch (error) {
    await end();
    throw error;
  }
  return { contestants, [Symbol.asyncDispose]: end };
}

function contestant(system: System, server: number, generator: Program, services: BenchServices): Contestant {
  const redis = system.uses.includes('redis') ? services.redis?.pid : undefined;
  const stores = system.uses.includes('store') ? services.storePids : [];
  const spent = () => ({
    server: cpuMicros(server),
    redis: redis === undefined ? 0 : cpuMicros(redis),
    store: stores.reduce((sum, pid) => sum + cpuMicros(pid), 0),
  });
  return {
    system,
    prepare: (call, argument) => generator.call(call, argument),
    measure: async (run, settings) => {
      const milliseconds = Math.min(WARM_UP, settings.milliseconds);
      const warmUp = await generator.call<RunResult>(run, { ...settings, milliseconds });
      await sleep(PAUSE);
      const before = spent();
      const result = await generator.call<RunResult>(run, settings);
      const after = spent();
      return {
        ...result,
        // What must not happen at all must not happen then, either.
        refused: warmUp.refused + result.refused,
        unanswered: warmUp.unanswered + result.unanswered,
        lost: warmUp.lost + result.lost,
        duplicated: warmUp.duplicated + result.duplicated,
        cpu: {
          server: after.server - before.server,
          ...(redis !== undefined && { redis: after.redis - before.redis }),
          ...(stores.length > 0 && { store: after.store - before.store }),
        },
      };
    },
  };
}

/** What a reader must know of a run that didn't go as it should. */
export function complaintsOf(name: string, { refused, unanswered, lost, duplicated }: RunResult): string | undefined {
  if (refused + unanswered + lost + duplicated === 0) return undefined;
  return `${name}: ${refused} refused, ${unanswered} unanswered, ${lost} lost, ${duplicated} duplicated`;
}
