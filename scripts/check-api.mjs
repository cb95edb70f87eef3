// Compares what each package exports to its users, as its declarations say after a build, with the api.txt beside its
// package.json, so that a change of it is seen in the diff. `npm run api` writes them anew.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import ts from 'typescript';
import { entryPoints, packagesInOrder } from './workspace.mjs';

const writes = process.argv.includes('--write');
const changed = packagesInOrder().filter((item) => !isAsKept(item));
if (changed.length === 0) console.log('every package exports what its api.txt says');
else {
  console.log('Run `npm run api`, and look at the diff as your users will feel it.');
  process.exitCode = 1;
}

function isAsKept(item) {
  const kept = new URL('api.txt', item.dir);
  const now = apiOf(item);
  const before = existsSync(kept) ? readFileSync(kept, 'utf8') : '';
  if (now === before) return true;
  if (writes) {
    writeFileSync(kept, now);
    return true;
  }
  console.log(`${item.name}: ${firstDifference(before.split('\n'), now.split('\n'))}`);
  return false;
}

/** Its entry points, and every module of its own that their declarations name, without comments. */
function apiOf(item) {
  const texts = new Map();
  const read = (path) => {
    if (texts.has(path)) return;
    const url = new URL(path, item.dir);
    const source = ts.createSourceFile(url.pathname, readFileSync(url, 'utf8'), ts.ScriptTarget.Latest);
    texts.set(path, ts.createPrinter({ removeComments: true }).printFile(source));
    for (const { text } of source.statements.map(moduleOf).filter(Boolean)) {
      if (text.startsWith('.')) read(new URL(text.replace(/\.js$/, '.d.ts'), `file:///${path}`).pathname.slice(1));
    }
  };
  for (const { types } of entryPoints(item)) read(types.replace('./', ''));
  return [...texts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, text]) => `== ${path}\n${text}`)
    .join('\n');
}

function moduleOf(statement) {
  return ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement) ? statement.moduleSpecifier : undefined;
}

function firstDifference(before, now) {
  const line = now.findIndex((text, nth) => text !== before[nth]);
  const at = line < 0 ? now.length : line;
  const [was, is] = [before[at] ?? 'nothing', now[at] ?? 'nothing'];
  return `line ${at + 1} of api.txt was\n    ${was.trim()}\n  and is\n    ${is.trim()}`;
}
