import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';
import type { Change } from './planted-bug.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Makes changes in what is built. */
export interface Plant {
  readonly plugin: Plugin;
  /** Changes to files that no build has loaded so far: they are in no program. */
  idle(): readonly Change[];
}

/** A build with a change that does not fit its file fails. */
export function plant(changes: readonly Change[]): Plant {
  const made = new Set<Change>();
  const files = new Map<string, Change[]>();
  for (const change of changes) {
    const path = `${ROOT}${change.file}`;
    files.set(path, [...(files.get(path) ?? []), change]);
  }
  return {
    plugin: {
      name: 'plant',
      setup: ({ onLoad }) => {
        for (const [path, own] of files) {
          onLoad({ filter: new RegExp(`^${path.replace(/[.*+?^$()[\]{}|\\]/g, '\\$&')}$`) }, async () => {
            let contents = await readFile(path, 'utf8');
            for (const change of own) {
              contents = changed(contents, change);
              made.add(change);
            }
            return { contents, loader: 'ts' };
          });
        }
      },
    },
    idle: () => changes.filter((change) => !made.has(change)),
  };
}

/** The text with the change made. Throws when there is no place for it, or more than one. */
export function changed(text: string, { file, find, replace }: Change): string {
  const parts = text.split(find);
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} places, not one, with\n${find}`);
  return parts.join(replace);
}
