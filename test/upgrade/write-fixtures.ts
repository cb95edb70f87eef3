/**
 * Writes what a release stores, as SQL text, for the test that later releases read it: run it in the release's own tree, before it
 * is left behind. `npm run upgrade:fixtures -- <version>` writes test/upgrade/<version>/.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { readContents, writeContents } from './contents.ts';
import { ENGINES } from './engines.ts';

const version = process.argv[2];
if (!version || !/^\d+\.\d+$/.test(version)) throw new Error('name the version, such as 0.2');
const folder = new URL(`./${version}/`, import.meta.url);
await mkdir(folder, { recursive: true });
for (const [name, start] of Object.entries(ENGINES)) {
  await using engine = await start();
  const storage = await engine.open();
  await writeContents(storage);
  await writeFile(new URL(`${name}.json`, folder), `${JSON.stringify(await readContents(storage), null, 1)}\n`);
  await storage.close();
  await writeFile(new URL(`${name}.sql`, folder), await engine.dump());
  process.stdout.write(`${version}/${name}.sql\n`);
}
