import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verify } from '@tidemark/testkit/verify';
import { bundlePrograms } from './bundle.ts';
import { CONFIGURATIONS } from './configurations.ts';

const [name = 'redis-postgres', seconds = '20', users = '20', faults = 'all', seed = '1'] = process.argv.slice(2);
const programs = await mkdtemp(join(tmpdir(), 'tidemark-verify-device-'));
const [deviceProgram] = (await bundlePrograms(['device'], programs)) as [string];
const configuration = CONFIGURATIONS.find((each) => each.name === name);
if (!configuration) throw new Error('no such configuration');
const outcome = await verify(configuration, {
  seed: Number(seed),
  faults: faults === 'all' ? 'all' : faults.split(',').filter((f) => f !== 'none'),
  seconds: Number(seconds),
  users: Number(users),
  deviceProgram,
  onProgress: console.error,
});
console.log(
  JSON.stringify({ ...outcome, violations: outcome.violations.map((v) => [v.invariant, v.sentence]) }, null, 1),
);
process.exit();
