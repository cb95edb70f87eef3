import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Configuration, type InvariantName, type VerifyResult, verify } from '@tidemark/testkit/verify';
import { bundlePrograms } from '../bundle.ts';
import { configurationBuiltWith } from '../configurations.ts';
import { plant } from './plant.ts';
import type { PlantedBug } from './planted-bug.ts';

/** A short run of a test build. Without changes it is the control of those that have some. */
export type PlantedRun = Omit<PlantedBug, 'name' | 'plants' | 'caughtBy'>;

export interface PlantedOutcome {
  readonly failing: readonly InvariantName[];
  /** Of the violations. */
  readonly sentences: readonly string[];
  /** How many were injected, by kind. */
  readonly faults: VerifyResult['faults'];
  readonly acknowledged: number;
  /** For all of it, from the build to the verdict. */
  readonly seconds: number;
}

const DEVICE = new URL('../device.ts', import.meta.url);
const USERS = 3;
/** Two faults of a kind, most often. */
const SECONDS = 5;
/** What each device does per second, as far as the server keeps up. */
const RATE = 16;
const QUIESCE_SECONDS = 8;

/** Builds the programs with the changes, runs them, and says what the checker found. */
export async function runPlanted(run: PlantedRun): Promise<PlantedOutcome> {
  const { seams = [], changes = [], circumstance, configuration = 'embedded', faults, plan } = run;
  const { seconds = SECONDS, devicesPerUser = 1, quiesceSeconds = QUIESCE_SECONDS } = run;
  const started = performance.now();
  const scratch = await mkdtemp(join(tmpdir(), 'tidemark-planted-'));
  try {
    const { plugin, idle } = plant([circumstance ?? {}, { seams, changes }]);
    const [deviceProgram] = (await bundlePrograms([DEVICE], scratch, [plugin])) as [string];
    const result = await verify(
      keepingFor(configurationBuiltWith(configuration, [plugin]), circumstance?.retentionMs),
      {
        seconds,
        rate: RATE,
        faults,
        ...(plan && { plan }),
        users: USERS,
        devicesPerUser,
        quiesceSeconds,
        folder: await mkdtemp(join(scratch, 'run-')),
        deviceProgram,
      },
    );
    for (const { file } of idle()) throw new Error(`nothing that was built contains ${file}`);
    const outcomes = Object.entries(result.invariants) as [InvariantName, string][];
    return {
      failing: outcomes.flatMap(([name, outcome]) => (outcome === 'fail' ? [name] : [])),
      sentences: result.violations.map(({ invariant, sentence }) => `${invariant}: ${sentence}`),
      faults: result.faults,
      acknowledged: result.acknowledged,
      seconds: (performance.now() - started) / 1_000,
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** What it says of its retention is what its servers were built with. */
function keepingFor(configuration: Configuration, retentionMs: number | undefined): Configuration {
  if (retentionMs === undefined) return configuration;
  return {
    ...configuration,
    start: async (run) => {
      const deployment = await configuration.start(run);
      return { ...deployment, retentionMs };
    },
  };
}
