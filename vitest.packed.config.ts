import { defineConfig } from 'vitest/config';

/** What an application gets that installs the packed packages. Needs the npm registry, and no source. */
export default defineConfig({
  test: {
    name: 'packed',
    include: ['test/packed/**/*.packed.test.ts'],
    globalSetup: 'test/packed/install-packages.ts',
    testTimeout: 300_000,
    hookTimeout: 600_000,
    maxWorkers: 1,
  },
});
