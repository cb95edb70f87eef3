// Builds every package into its dist/, each after those it depends on. A package whose sources, settings and
// dependencies are as at its last build is left alone, so that a second build costs a fraction of a second.
//
//   node scripts/build.mjs [--quiet] [--force]
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';
import { inlineLua } from './inline-lua.mjs';
import { entryPoints, packagesInOrder, root } from './workspace.mjs';

/** These also run where Node's modules don't exist: in browsers, in React Native, on edge runtimes. */
const PORTABLE = new Set(['@tidemark/core', '@tidemark/client', '@tidemark/content']);

const quiet = process.argv.includes('--quiet');
const force = process.argv.includes('--force');
const cache = new URL('.cache/build/', root);

/** What shapes every build alike: the settings and the tools. */
const SHARED_INPUTS = [
  'scripts/build.mjs',
  'scripts/inline-lua.mjs',
  'scripts/workspace.mjs',
  'tsconfig.base.json',
  'tsconfig.build.json',
  'node_modules/tsdown/package.json',
  'node_modules/typescript/package.json',
].map((path) => new URL(path, root));

const started = performance.now();
const signatures = new Map();
const failed = [];
let built = 0;

for (const item of packagesInOrder()) {
  const signature = signatureOf(item);
  signatures.set(item.name, signature);
  const broken = item.uses.filter((name) => failed.includes(name));
  if (broken.length > 0) {
    failed.push(item.name);
    console.error(`${item.name}: not built, for it needs ${broken.join(', ')}`);
    continue;
  }
  if (!force && isUpToDate(item, signature)) continue;
  try {
    const since = performance.now();
    await build(item);
    remember(item, signature);
    built += 1;
    if (!quiet) console.log(`built ${item.name} in ${seconds(since)}`);
  } catch (error) {
    failed.push(item.name);
    console.error(`${item.name}: ${error instanceof Error ? error.message : error}`);
  }
}

if (failed.length > 0) {
  console.error(`build failed: ${failed.join(', ')}`);
  process.exitCode = 1;
} else if (!quiet) {
  console.log(
    built === 0 ? `all packages are up to date (${seconds(started)})` : `${built} packages in ${seconds(started)}`,
  );
}

async function build(item) {
  // Loading the compiler costs a second: only a run that builds something pays it.
  const { build: bundle } = await import('tsdown');
  const portable = PORTABLE.has(item.name);
  await bundle({
    config: false,
    cwd: fileURLToPath(item.dir),
    entry: Object.fromEntries(entryPoints(item).map(({ file }) => [nameOf(file), sourceOf(item, file)])),
    // The module tree is kept: stack traces and sources read as in the repository, and one module is one import.
    unbundle: true,
    format: 'esm',
    fixedExtension: false,
    target: 'es2022',
    platform: portable ? 'neutral' : 'node',
    tsconfig: fileURLToPath(new URL('tsconfig.build.json', root)),
    // What a package depends on is installed with it, never copied into it.
    deps: { skipNodeModulesBundle: true },
    dts: true,
    sourcemap: true,
    clean: true,
    hash: false,
    logLevel: 'error',
    plugins: [inlineLua(), ...(portable ? [refuseNodeModules(item.name)] : [])],
  });
  for (const { types, file } of entryPoints(item)) {
    for (const path of [types, file]) {
      if (!existsSync(new URL(path, item.dir)))
        throw new Error(`package.json exports ${path}, which the build didn't write`);
    }
  }
}

function refuseNodeModules(name) {
  return {
    name: 'refuse-node-modules',
    resolveId(source, importer) {
      if (isBuiltin(source))
        this.error(`${importer} imports ${source}, but ${name} also runs where Node's modules don't exist`);
      return null;
    },
  };
}

/** './dist/react/index.js' → 'react/index' */
function nameOf(file) {
  return file.replace(/^\.\/dist\//, '').replace(/\.js$/, '');
}

function sourceOf(item, file) {
  const path = ['ts', 'tsx']
    .map((ext) => `src/${nameOf(file)}.${ext}`)
    .find((path) => existsSync(new URL(path, item.dir)));
  if (path === undefined) throw new Error(`package.json exports ${file}, but there is no src/${nameOf(file)}.ts`);
  return path;
}

function signatureOf(item) {
  const hash = createHash('sha256');
  const add = (name, content) => hash.update(`${name}\0`).update(content).update('\0');
  for (const url of SHARED_INPUTS) add(url.pathname, readFileSync(url));
  add('package.json', readFileSync(new URL('package.json', item.dir)));
  for (const path of readdirSync(new URL('src/', item.dir), { recursive: true }).sort()) {
    if (/\.(tsx?|lua)$/.test(path)) add(path, readFileSync(new URL(`src/${path}`, item.dir)));
  }
  for (const name of item.uses) add(name, signatures.get(name));
  return hash.digest('hex');
}

function isUpToDate(item, signature) {
  const note = noteOf(item);
  if (!existsSync(note) || readFileSync(note, 'utf8') !== signature) return false;
  return entryPoints(item).every(
    ({ types, file }) => existsSync(new URL(types, item.dir)) && existsSync(new URL(file, item.dir)),
  );
}

/** Written after the build alone, so that a build cut short is built again. */
function remember(item, signature) {
  mkdirSync(cache, { recursive: true });
  writeFileSync(noteOf(item), signature);
}

function noteOf(item) {
  return new URL(item.folder, cache);
}

function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
