import { composeStorage, type Storage } from '@tidemark/core';
import { historyConformance, inboxConformance, storageConformance } from '@tidemark/testkit';
import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { startPostgres } from '../../../test/support/services/postgres.ts';
import type { Service } from '../../../test/support/services/service.ts';
import { type PostgresOptions, postgresHistory, postgresInbox, postgresStorage } from '../src/index.ts';

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

storageConformance('postgres', async () => {
  const { store, ...opened } = await inSchema(postgresStorage);
  return { storage: store, ...opened };
});

historyConformance('postgres', async () => {
  const { store, ...opened } = await inSchema(postgresHistory);
  return { history: store, ...opened };
});

inboxConformance('postgres, not preparing statements', async () => {
  const { store, ...opened } = await inSchema((options) => postgresInbox({ ...options, prepare: false }));
  return { inbox: store, ...opened };
});

storageConformance('postgres history and postgres inbox in one schema, composed', async () => {
  const { store, ...opened } = await inSchema(
    (options): Storage => composeStorage({ history: postgresHistory(options), inbox: postgresInbox(options) }),
  );
  return { storage: store, ...opened };
});

interface Store {
  open(): Promise<void>;
  close(): Promise<void>;
}

let schemas = 0;

/** A store in a schema of its own, opened; `reopen` opens the schema once more, through the other pool. */
async function inSchema<S extends Store>(create: (options: PostgresOptions) => S) {
  const schema = `conformance_${++schemas}`;
  const stores: S[] = [];
  const open = async (): Promise<S> => {
    const store = create({ pool: pools[stores.length % 2] as pg.Pool, schema });
    stores.push(store);
    await store.open();
    return store;
  };
  return {
    store: await open(),
    reopen: open,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(stores.map((store) => store.close()));
      await (pools[0] as pg.Pool).query(`drop schema ${schema} cascade`);
    },
  };
}
