// Packs every package as for a release and looks at what its users would get: the right files, an exports map that
// resolves (publint), and types that resolve the way Node and bundlers resolve the code (attw, ESM only).

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { npm } from './npm.mjs';
import { entryPoints, packagesInOrder, root } from './workspace.mjs';

/** We publish ES modules alone: CommonJS loads them by Node's require(esm), and TypeScript's old resolution is left out. */
const IGNORED_RESOLUTIONS = ['node10', 'node16-cjs'];

const packages = packagesInOrder();
const folder = mkdtempSync(join(tmpdir(), 'tidemark-pack-'));
let problems = 0;

try {
  for (const packed of pack()) {
    const item = packages.find(({ name }) => name === packed.name);
    const tarball = readFileSync(join(folder, packed.filename));
    const found = [
      ...filesOf(item, packed),
      ...linksOf(item),
      ...(await exportsOf(tarball)),
      ...(await typesOf(tarball)),
    ];
    for (const problem of found) console.log(`${item.name}: ${problem}`);
    problems += found.length;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

if (problems > 0) process.exitCode = 1;
else console.log(`${packages.length} packages are fit to publish`);

function pack() {
  const args = [
    'pack',
    '--json',
    '--pack-destination',
    folder,
    ...packages.flatMap(({ name }) => ['--workspace', name]),
  ];
  const packed = JSON.parse(
    execFileSync(...npm(...args), { cwd: fileURLToPath(root), encoding: 'utf8', maxBuffer: 2 ** 26 }),
  );
  // npm 10 answers with a list, npm 11 with a record by name.
  return Object.values(packed);
}

function filesOf(item, packed) {
  const paths = new Set(packed.files.map(({ path }) => path));
  const due = [
    'package.json',
    'README.md',
    'LICENSE',
    ...entryPoints(item).flatMap(({ types, file }) => [types, file]),
  ];
  const missing = due.map((path) => path.replace('./', '')).filter((path) => !paths.has(path));
  const strange = [...paths].filter((path) => !isExpected(item, path));
  return [
    ...missing.map((path) => `the tarball lacks ${path}`),
    ...strange.map((path) => `the tarball holds ${path}, which is neither built from src/ nor a document`),
  ];
}

/** Built from our own source: were another package's modules in dist, two copies of them would run. */
function isExpected(item, path) {
  if (['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md'].includes(path)) return true;
  // A file that is named by itself; what a folder brings is not.
  if (item.manifest.files.includes(path)) return true;
  // Helpers of the compiler, for `using` on engines without it.
  if (path.startsWith('dist/_virtual/')) return true;
  const source = path.match(/^dist\/(.+?)(?:\.d\.ts|\.js)(?:\.map)?$/)?.[1];
  return source !== undefined && ['ts', 'tsx'].some((ext) => existsSync(new URL(`src/${source}.${ext}`, item.dir)));
}

/** A registry's page of the package resolves the relative links of its README by these. */
function linksOf({ folder, manifest: { repository, homepage, bugs, keywords = [] } }) {
  const { repository: ours } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  const page = ours.url.replace(/^git\+/, '').replace(/\.git$/, '');
  return [
    repository?.url !== ours.url && `repository.url is not ${ours.url}`,
    repository?.directory !== `packages/${folder}` && `repository.directory is not packages/${folder}`,
    homepage !== `${page}/tree/main/packages/${folder}#readme` && 'homepage is not the README of its folder',
    bugs !== `${page}/issues` && `bugs is not ${page}/issues`,
    keywords.length === 0 && 'keywords are missing',
  ].filter(Boolean);
}

async function exportsOf(tarball) {
  const { messages, pkg } = await publint({ pack: { tarball: toArrayBuffer(tarball) }, level: 'warning' });
  return messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false }) ?? message.code}`);
}

async function typesOf(tarball) {
  const { types, problems: all } = await checkPackage(createPackageFromTarballData(tarball));
  if (!types) return ['attw: the package has no types'];
  return all
    .filter((problem) => !IGNORED_RESOLUTIONS.includes(problem.resolutionKind))
    .map((problem) => `attw: ${JSON.stringify(problem)}`);
}

function toArrayBuffer(bytes) {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}
