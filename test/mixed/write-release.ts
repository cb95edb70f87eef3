/**
 * Writes the programs of a release, for the test that runs them beside this build: `npm run mixed:fixtures -- <commit>` writes
 * test/mixed/before/, a server and a device in one compressed file each, without what others publish. Run it with the commit
 * of a release when that is out.
 */
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { makeTempFolder, removeTempFolder } from '../support/services/temp-folder.ts';
import { luaInline } from '../verify/bundle.ts';
import { BEFORE, PROGRAMS } from './released-program.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const [commit] = process.argv.slice(2);
if (commit === undefined) throw new Error('name the commit of the release');
const tree = await makeTempFolder();
const paths = ['packages', 'test', 'package.json', ':(glob)tsconfig*.json'];
const archive = execFileSync('git', ['archive', commit, ...paths], { cwd: ROOT, maxBuffer: 1e9 });
execFileSync('tar', ['-x', '-C', tree], { input: archive });
// The server is the release's own; the device calls what both releases have.
await copyFile(join(ROOT, PROGRAMS.device), join(tree, PROGRAMS.device));

await mkdir(BEFORE, { recursive: true });
for (const [name, source] of Object.entries(PROGRAMS)) {
  const outfile = join(tree, `${name}.mjs`);
  await build({
    entryPoints: [join(tree, source)],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    tsconfig: join(tree, 'tsconfig.json'),
    packages: 'external',
    plugins: [luaInline],
    logLevel: 'error',
  });
  const written = gzipSync(await readFile(outfile), { level: 9 });
  await writeFile(new URL(`${name}.mjs.gz`, BEFORE), written);
  process.stdout.write(`${name}: ${written.length} bytes of ${commit}\n`);
}
await removeTempFolder(tree);
