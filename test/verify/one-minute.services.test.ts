import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Configuration, verify } from '@tidemark/testkit/verify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PATIENCE_MS } from '../support/patience.ts';
import { bundlePrograms } from './bundle.ts';
import { applicableFaults, CONFIGURATIONS } from './configurations.ts';

/** One minute in all; `npm run verify` runs longer, with more users, and over many seeds. */
const SECONDS = 20;
const USERS = 6;
/** A machine with other work needs longer than one minute until all is quiet. */
const QUIESCE_SECONDS = (2 * PATIENCE_MS) / 1_000;

let programs: string;
let deviceProgram: string;
beforeAll(async () => {
  programs = await mkdtemp(join(tmpdir(), 'tidemark-verify-device-'));
  [deviceProgram] = (await bundlePrograms([new URL('./device.ts', import.meta.url)], programs)) as [string];
});
afterAll(() => rm(programs, { recursive: true, force: true }));

function configurationNamed(name: string): Configuration {
  const found = CONFIGURATIONS.find((each) => each.name === name);
  if (!found) throw new Error(`there is no configuration ${name}`);
  return found;
}

test.each(['embedded', 'redis-postgres'])('all faults on %s for a while violate nothing', async (name) => {
  const result = await verify(configurationNamed(name), {
    seed: 7,
    seconds: SECONDS,
    users: USERS,
    quiesceSeconds: QUIESCE_SECONDS,
    faults: applicableFaults(name),
    deviceProgram,
  });
  // The sentences alone, so that a failure is told in the lines that matter; the page of the run has the rest.
  expect({ page: result.page, violations: result.violations.map(({ sentence }) => sentence) }).toEqual({
    page: result.page,
    violations: [],
  });
  expect(result).toMatchObject({ lost: 0, duplicated: 0, outOfOrder: 0 });
  expect(result.acknowledged).toBeGreaterThan(50);
  expect(Object.keys(result.faults).length).toBeGreaterThan(5);
  expect(Object.values(result.invariants)).not.toContain('fail');
  expect(Object.values(result.invariants)).not.toContain('not applicable');
  // What `--list` says without starting anything is what the running system offers.
  const lacking = new Set(result.notApplicable);
  expect(applicableFaults(name).filter((kind) => lacking.has(kind))).toEqual([]);
  for (const kind of Object.keys(result.faults)) expect(applicableFaults(name)).toContain(kind);
  expect(await readFile(result.page, 'utf8')).toContain(name);
  await rm(result.folder, { recursive: true });
});
