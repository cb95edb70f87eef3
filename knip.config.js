import { existsSync } from 'node:fs';
import { entryPoints, packagesInOrder } from './scripts/workspace.mjs';

/** What a package's `exports` name, as the sources they are built from: dist is no part of the repository. */
const packages = packagesInOrder().map((item) => {
  const built = entryPoints(item).map(({ file }) => file.replace('./dist/', 'src/').replace(/\.js$/, ''));
  const source = (name) => (existsSync(new URL(`${name}.tsx`, item.dir)) ? `${name}.tsx` : `${name}.ts`);
  const config = {
    entry: [...built.map(source), 'test/**/*.test.{ts,tsx}'],
    project: ['src/**/*.{ts,tsx}', 'test/**/*.{ts,tsx}'],
  };
  // Tests import the optional peers that sources only describe; a source that imported one would fail the boundary check.
  const optional = Object.entries(item.manifest.peerDependenciesMeta ?? {}).filter(([, { optional }]) => optional);
  return [`packages/${item.folder}`, { ...config, ignoreDependencies: optional.map(([name]) => name) }];
});

export default {
  // A type that the signature of its own file's export names is exported with it, so that users can name it too.
  ignoreExportsUsedInFile: { interface: true, type: true },
  workspaces: {
    '.': {
      entry: [
        'scripts/*.mjs',
        'test/**/*.test.ts',
        'test/types/*.test-d.ts',
        // Bundled, as another release would have it.
        'test/mixed/device.ts',
        'bench/*.{ts,mjs}',
        'test/packed/**/*.ts',
        'vitest.packed.config.ts',
      ],
      project: ['scripts/**/*.mjs', 'test/**/*.ts', 'bench/**/*.{ts,mjs}'],
      // Names that vitest.config.ts puts in place of `ioredis` and `mongodb`.
      ignoreDependencies: ['ioredis-5', 'mongodb-6'],
    },
    'examples/recipes': { entry: ['*.ts'], project: ['*.ts'] },
    // The program of the README.
    'examples/quickstart': { entry: ['main.ts', 'server.ts', 'client.ts'], project: ['**/*.{ts,tsx}'] },
    'examples/*': { entry: ['main.ts'], project: ['**/*.{ts,tsx}'] },
    'test/fixtures/*': { entry: ['*.ts'] },
    ...Object.fromEntries(packages),
  },
};
