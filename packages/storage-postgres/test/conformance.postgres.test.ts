import { composeStorage, type Storage } from '@tidemark/core';
import { SCHEMA, TABLE_PREFIX } from '@tidemark/storage-sql';
import { storageConformance } from '@tidemark/testkit';
import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { reopeningStore } from '../../../test/support/reopening-store.ts';
import { startPostgres } from '../../../test/support/services/postgres.ts';
import type { Service } from '../../../test/support/services/service.ts';
import { type PostgresOptions, postgresHistory, postgresInbox, postgresStorage } from '../src/index.ts';

const TABLES = Object.keys(SCHEMA)
  .filter((name) => name !== 'meta')
  .map((name) => TABLE_PREFIX + name);

let service: Service;
let pools: pg.Pool[];

beforeAll(async () => {
  service = await startPostgres({ durable: false });
  // Two pools, as two processes have.
  pools = [1, 2].map(() => new pg.Pool({ connectionString: service.url, max: 4 }));
});

afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()));
  await service[Symbol.asyncDispose]();
});

storageConformance('postgres', () => inSchema(postgresStorage));

// Each role alone is proved by the composition of the two; this one without prepared statements.
storageConformance('postgres history and postgres inbox in one schema, composed', () =>
  inSchema((options): Storage => {
    const unprepared = { ...options, prepare: false };
    return composeStorage({ history: postgresHistory(unprepared), inbox: postgresInbox(unprepared) });
  }),
);

let schemas = 0;
/** Emptied ones, since making tables takes far longer than deleting what a case wrote. */
const free: string[] = [];

/** A store in a schema of its own, opened; `reopen` opens the schema once more, through the other pool. */
async function inSchema(create: (options: PostgresOptions) => Storage) {
  const schema = free.pop() ?? `conformance_${++schemas}`;
  const through: pg.Pool[] = [];
  const open = (nth: number, port?: number): Storage => {
    if (port === undefined) return create({ pool: pools[nth % 2] as pg.Pool, schema });
    const url = new URL(service.url);
    url.host = `127.0.0.1:${port}`;
    const pool = new pg.Pool({ connectionString: url.href, max: 4 });
    // A connection that idles while it is reset.
    pool.on('error', () => {});
    through.push(pool);
    return create({ pool, schema });
  };
  const clean = async (): Promise<void> => {
    await Promise.all(through.map((pool) => pool.end()));
    const deletes = TABLES.map((table) => `delete from ${schema}.${table}`);
    const unbind = `delete from ${schema}.${TABLE_PREFIX}meta where name = 'history'`;
    await (pools[0] as pg.Pool).query([...deletes, unbind].join('; '));
    free.push(schema);
  };
  return reopeningStore(open, clean, service);
}
