import { existsSync } from 'node:fs';
import { entryPoints, packagesInOrder } from './scripts/workspace.mjs';

/** What a package's `exports` name, as the sources they are built from: dist is no part of the repository. */
const packages = packagesInOrder().map((item) => {
  const built = entryPoints(item).map(({ file }) => file.replace('./dist/', 'src/').replace(/\.js$/, ''));
  const source = (name) => (existsSync(new URL(`${name}.tsx`, item.dir)) ? `${name}.tsx` : `${name}.ts`);
  const config = { entry: [...built.map(source), 'test/**/*.test.ts'], project: ['src/**/*.{ts,tsx}', 'test/**/*.ts'] };
  return [`packages/${item.folder}`, config];
});

export default {
  workspaces: {
    '.': {
      entry: ['scripts/*.mjs', 'test/**/*.test.ts', 'test/types/*.test-d.ts', 'bench/*.{ts,mjs}', 'examples/*/main.ts'],
      project: ['scripts/**/*.mjs', 'test/**/*.ts', 'bench/**/*.{ts,mjs}', 'examples/**/*.{ts,tsx}'],
    },
    'test/fixtures/*': { entry: ['*.ts'] },
    ...Object.fromEntries(packages),
  },
};
