import { provideBrowser } from './browser.ts';
import { findPython } from './python.ts';
import { startMariadb } from './services/mariadb.ts';
import { startMongo } from './services/mongo.ts';
import { startPostgres } from './services/postgres.ts';
import { startPrometheus } from './services/prometheus.ts';
import { startRedis } from './services/redis.ts';
import { startRedisCluster } from './services/redis-cluster.ts';

/** Starts a service once and stops it: whatever its first start installs, unpacks or initialises stays on the machine. */
const once = (start: () => Promise<AsyncDisposable>) => async (): Promise<void> => {
  await using _service = await start();
};

/** What tests need of the machine, by the part of a test's file name that says so. */
const PROVISIONS = {
  redis: once(startRedis),
  cluster: once(startRedisCluster),
  postgres: once(startPostgres),
  mysql: once(startMariadb),
  mongo: once(startMongo),
  browser: provideBrowser,
  prometheus: once(startPrometheus),
  python: findPython,
} satisfies Record<string, () => Promise<unknown>>;

export type Provision = keyof typeof PROVISIONS;

export const ALL_PROVISIONS = Object.keys(PROVISIONS) as Provision[];

/**
 * Provides these one after the other, with a line for each, so that no test's time holds an installation. In CI a service
 * that cannot be had is an error; elsewhere it is a loud line here, and an error in the tests that need it.
 */
export async function provision(names: readonly Provision[]): Promise<void> {
  for (const [index, name] of names.entries()) {
    const since = performance.now();
    const seconds = () => `${((performance.now() - since) / 1_000).toFixed(1)} s`;
    const step = `tests: providing ${name} (${index + 1} of ${names.length})`;
    process.stderr.write(`${step} …\n`);
    try {
      await PROVISIONS[name]();
      process.stderr.write(`${step}: done after ${seconds()}\n`);
    } catch (error) {
      if (process.env.CI) throw error;
      process.stderr.write(`\n${step}: FAILED AFTER ${seconds()}, TESTS WILL FAIL. ${(error as Error).message}\n\n`);
    }
  }
}
