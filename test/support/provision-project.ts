import type { TestProject } from 'vitest/node';
import { ALL_PROVISIONS, type Provision, provision } from './provision.ts';

/** Provides, before the first test, what the files of this project that are about to run say they need. */
export async function setup(project: TestProject): Promise<void> {
  const { testFiles } = await project.globTestFiles();
  const asked = new Set(project.vitest.state.getPaths());
  await provision(neededBy(testFiles.filter((file) => asked.has(file))));
}

/** What no server of ours stands on. */
const PROGRAMS = new Set<Provision>(['browser', 'prometheus', 'python']);

/** `inbox.redis.test.ts` needs redis; `verify.services.test.ts` may need any service. */
export function neededBy(files: readonly string[]): Provision[] {
  const suffixes = new Set(files.map((file) => /\.([a-z]+)\.test\.tsx?$/.exec(file)?.[1]));
  return ALL_PROVISIONS.filter((name) => suffixes.has(name) || (suffixes.has('services') && !PROGRAMS.has(name)));
}
