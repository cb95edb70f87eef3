import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { startMariadb } from '../../test/support/services/mariadb.ts';
import { startMongo } from '../../test/support/services/mongo.ts';
import { startPostgres } from '../../test/support/services/postgres.ts';
import { startRedis } from '../../test/support/services/redis.ts';
import type { Service } from '../../test/support/services/service.ts';
import type { StoreSettings } from '../../test/verify/server-settings.ts';
import type { ConfigName } from './configs.ts';

/** The real services of one run, fresh and empty. */
export interface BenchServices extends AsyncDisposable {
  readonly config: ConfigName;
  /** Null on `embedded`. */
  readonly redis: Service | null;
  /** Null where none is part of the configuration. */
  readonly postgres: Service | null;
  /** For `openStorage` of test/verify, here or in a server program. */
  readonly store: StoreSettings;
  /** Main processes of what the store consists of; empty where it is part of the server, or run by somebody else. */
  readonly storePids: readonly number[];
  /** A folder for files of the run; removed at its end. */
  readonly folder: string;
}

/** Where tests keep a store's memory small, a deployment gives it a good part of the machine's. */
const POSTGRES_SETTINGS = ['shared_buffers=1GB'];
const MARIADB_SETTINGS = ['innodb-buffer-pool-size=1G', 'innodb-log-file-size=256M'];

/** How the services are set up; the same for every system of a run. */
export const SERVICES_NOTE: Readonly<Record<ConfigName, string>> = {
  embedded: 'Services: none; SQLite in a file, with WAL and synchronous=FULL (checked by the storage).',
  'redis-postgres':
    'Services: Postgres with 1 GB of shared buffers, fsync and synchronous commit on (checked); Redis without AOF and snapshots.',
  'redis-mariadb':
    'Services: MariaDB with a buffer pool of 1 GB, innodb_flush_log_at_trx_commit = 1 (checked); Redis without AOF and snapshots.',
  'redis-postgres-mongo':
    'Services: Postgres with 1 GB of shared buffers, fsync and synchronous commit on (checked); MongoDB, or the compatible server that stands in for it; Redis without AOF and snapshots.',
};

export async function startServices(config: ConfigName): Promise<BenchServices> {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-bench-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  // Of a run that is cut short.
  process.once('exit', remove);
  const running: Service[] = [];
  const end = async (): Promise<void> => {
    await Promise.all(running.map((service) => service[Symbol.asyncDispose]()));
    process.off('exit', remove);
    remove();
  };
  const start = async (starting: Promise<Service>): Promise<Service> => {
    const service = await starting;
    running.push(service);
    return service;
  };
  const parts = { config, folder, [Symbol.asyncDispose]: end };
  try {
    if (config === 'embedded') {
      const store: StoreSettings = { kind: 'sqlite', path: join(folder, 'messaging.db') };
      return { ...parts, redis: null, postgres: null, store, storePids: [] };
    }
    // Nothing that Tidemark has acknowledged depends on what Redis keeps.
    const redis = await start(startRedis({ appendonly: false }));
    if (config === 'redis-mariadb') {
      const mariadb = await start(startMariadb({ settings: MARIADB_SETTINGS }));
      await checkMariadb(mariadb.url);
      return { ...parts, redis, postgres: null, store: { kind: 'mysql', url: mariadb.url }, storePids: pids(mariadb) };
    }
    const postgres = await start(startPostgres({ settings: POSTGRES_SETTINGS }));
    await checkPostgres(postgres.url);
    if (config === 'redis-postgres') {
      return { ...parts, redis, postgres, store: { kind: 'postgres', url: postgres.url }, storePids: pids(postgres) };
    }
    const mongo = await start(startMongo());
    const store: StoreSettings = { kind: 'postgres-mongo', postgres: postgres.url, mongo: mongo.url };
    return { ...parts, redis, postgres, store, storePids: pids(postgres, mongo) };
  } catch (error) {
    await end();
    throw error;
  }
}

function pids(...services: readonly Service[]): number[] {
  return services.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
}

/** A figure for commits that nobody fsyncs would be worthless; also where the server is somebody else's. */
async function checkPostgres(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
      const { rows } = await client.query<Record<string, string>>(`SHOW ${setting}`);
      const value = rows[0]?.[setting];
      if (value !== 'on') throw new Error(`Postgres runs with ${setting} = ${value}, and a bench needs it on`);
    }
  } finally {
    await client.end();
  }
}

async function checkMariadb(url: string): Promise<void> {
  const connection = await mysql.createConnection(url);
  try {
    const [rows] = await connection.query('SELECT @@innodb_flush_log_at_trx_commit AS flushed');
    const flushed = (rows as { flushed: number }[])[0]?.flushed;
    if (flushed !== 1)
      throw new Error(`MariaDB runs with innodb_flush_log_at_trx_commit = ${flushed}, and a bench needs 1`);
  } finally {
    await connection.end();
  }
}
