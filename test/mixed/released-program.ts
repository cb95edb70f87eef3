import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/** What write-release.ts keeps of the release before this one. */
export const BEFORE = new URL('./before/', import.meta.url);

/** Their sources, from the root of the repository. */
export const PROGRAMS = { server: 'test/support/run-server.ts', device: 'test/mixed/device.ts' } as const;

/** The path of a program of the release before, in a folder from which its imports are found. */
export async function releasedProgram(name: keyof typeof PROGRAMS): Promise<string> {
  const text = gunzipSync(await readFile(new URL(`${name}.mjs.gz`, BEFORE)));
  const folder = new URL('../../.cache/mixed/', import.meta.url);
  await mkdir(folder, { recursive: true });
  const path = fileURLToPath(new URL(`${name}.mjs`, folder));
  // Another worker of the tests may be about it as well.
  const own = `${path}.${process.pid}`;
  await writeFile(own, text);
  await rename(own, path);
  return path;
}
