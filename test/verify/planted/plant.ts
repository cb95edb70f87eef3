import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';
import type { Change, Difference } from './planted-bug.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Makes changes in what is built. */
export interface Plant {
  readonly plugin: Plugin;
  /** Changes to files that no build has loaded so far: they are in no program. */
  idle(): readonly Change[];
}

/** The module of the server's seams. */
const SEAMS = `${ROOT}test/verify/seams.ts`;

/** A build with a change that does not fit its file fails. */
export function plant(differences: readonly Difference[]): Plant {
  const changes = differences.flatMap((difference) => difference.changes ?? []);
  const seams = differences.flatMap((difference) => difference.seams ?? []);
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
        if (seams.length > 0) {
          onLoad({ filter: exactly(SEAMS) }, () => ({
            contents: `import { seamsOf } from './planted/planted-seams.ts';
export const seams = seamsOf(${JSON.stringify(seams)});`,
            loader: 'ts',
          }));
        }
        for (const [path, own] of files) {
          onLoad({ filter: exactly(path) }, async () => {
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

function exactly(path: string): RegExp {
  return new RegExp(`^${path.replace(/[.*+?^$()[\]{}|\\]/g, '\\$&')}$`);
}

/** The text with the change made. Throws when there is no place for it, or more than one. */
export function changed(text: string, { file, find, replace }: Change): string {
  const parts = text.split(find);
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} places, not one, with\n${find}`);
  return parts.join(replace);
}
