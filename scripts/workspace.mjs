import { readdirSync, readFileSync } from 'node:fs';

export const root = new URL('../', import.meta.url);

/** The packages we publish, each after those it depends on: `{ name, folder, dir, manifest, uses }`. */
export function packagesInOrder() {
  const found = new Map();
  for (const folder of readdirSync(new URL('packages/', root)).sort()) {
    const dir = new URL(`packages/${folder}/`, root);
    const manifest = JSON.parse(readFileSync(new URL('package.json', dir), 'utf8'));
    found.set(manifest.name, { name: manifest.name, folder, dir, manifest });
  }
  for (const item of found.values()) {
    // What only its tests use is not part of what is built, and may well depend on it.
    const { dependencies, peerDependencies } = item.manifest;
    item.uses = Object.keys({ ...dependencies, ...peerDependencies }).filter((name) => found.has(name));
  }

  const ordered = new Set();
  const visit = (item, path) => {
    if (path.includes(item.name))
      throw new Error(`packages depend on each other: ${[...path, item.name].join(' -> ')}`);
    for (const name of item.uses) visit(found.get(name), [...path, item.name]);
    ordered.add(item);
  };
  for (const item of found.values()) visit(item, []);
  return [...ordered];
}

/** The built files a package's `exports` name, without those it passes through as they are (package.json). */
export function entryPoints({ manifest }) {
  return Object.values(manifest.exports)
    .filter((target) => typeof target === 'object')
    .map(({ types, default: file }) => ({ types, file }));
}
