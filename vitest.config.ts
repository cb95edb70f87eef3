import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import LongestFirst from './test/support/longest-first.ts';
import { PATIENCE_MS, TEST_LIMIT_MS } from './test/support/patience.ts';

// Tests run on the sources: tsconfig.json says where each package's are.
const { paths } = JSON.parse(readFileSync(new URL('./tsconfig.json', import.meta.url), 'utf8')).compilerOptions as {
  paths: Record<string, [string]>;
};
const sources = Object.entries(paths).map(([name, [file]]) => ({
  find: new RegExp(`^${name}$`),
  replacement: fileURLToPath(new URL(file, import.meta.url)),
}));

/** The oldest driver of each peer range, which the root installs beside the newest. */
const oldestDrivers = [
  { find: /^ioredis$/, replacement: 'ioredis-5' },
  { find: /^mongodb$/, replacement: 'mongodb-6' },
];

/** `TIDEMARK_DRIVERS=oldest` runs every test in this process on the oldest drivers. */
export const alias = process.env.TIDEMARK_DRIVERS === 'oldest' ? [...sources, ...oldestDrivers] : sources;

/** A test that needs Chromium: the pages are built from the sources. */
const needsBrowser = 'test/browser/**/*.browser.test.ts';

/** A test that needs a service says so in its file name: `inbox-seq.redis.test.ts`. */
const needsService = ['**/*.{redis,cluster,postgres,mysql,mongo,prometheus,services,python}.test.ts'];

/** No test depends on how fast the machine is: one patience for every wait, and limits far above it. */
export const patience = {
  testTimeout: TEST_LIMIT_MS,
  hookTimeout: TEST_LIMIT_MS,
  expect: { poll: { timeout: PATIENCE_MS } },
};

/** Installs and initialises before the first test what the files of a project need, so that no test's time holds it. */
const globalSetup = 'test/support/provision-project.ts';

/** Prints the slowest tests, before the closing lines of the reporter that follows it. */
const slowestTests = './test/support/slowest-tests.ts';

/**
 * How the files of all projects share the machine. Most of a run is waiting, for a service, a browser or a fault, so there
 * are more workers than cores of a small machine. Files that one worker runs share its modules, which spares the imports: what
 * a file changes of a global it puts back.
 */
const sharing = { maxWorkers: Math.max(3, availableParallelism()), isolate: false };

/** Runs of many minutes in all: `vitest.planted.config.ts` has them. */
export const planted = '**/*.planted.test.ts';

/** What needs the packed packages: `vitest.packed.config.ts` has them. */
const packed = '**/*.packed.test.ts';

export default defineConfig({
  test: {
    // One line a file, and the closing lines alone when all is well; failures are printed in full.
    reporters: [slowestTests, 'default'],
    sequence: { sequencer: LongestFirst },
    passWithNoTests: false,
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.{ts,tsx}'],
      reporter: ['text-summary', 'html', 'json-summary'],
      reportsDirectory: 'coverage',
    },
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'unit',
          include: ['packages/*/test/**/*.test.{ts,tsx}', 'test/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...needsService, needsBrowser, planted, packed],
          ...patience,
          ...sharing,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'services',
          include: needsService.flatMap((pattern) => [`packages/*/test/${pattern}`, `test/${pattern}`]),
          exclude: ['**/node_modules/**'],
          globalSetup,
          ...patience,
          ...sharing,
        },
      },
      {
        // A few suites again, on the oldest driver that each peer range admits; the nightly run has all of them.
        resolve: { alias: [...sources, ...oldestDrivers] },
        test: {
          name: 'drivers',
          include: [
            'packages/server/test/backplane/redis-backplane.redis.test.ts',
            'packages/storage-mongo/test/mongo-inbox.mongo.test.ts',
          ],
          globalSetup,
          ...patience,
          ...sharing,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'browser',
          include: [needsBrowser],
          exclude: ['**/node_modules/**'],
          globalSetup,
          ...patience,
          ...sharing,
        },
      },
      {
        // What must compile, and what must not: read by the compiler, never run.
        resolve: { alias },
        test: {
          name: 'types',
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ['test/types/**/*.test-d.ts'],
            tsconfig: './test/types/tsconfig.json',
            // An error elsewhere is `npm run check`'s to report.
            ignoreSourceErrors: true,
          },
        },
      },
    ],
  },
});
