import { type Storage, UnavailableError } from '@tidemark/core';
import { batchFor, conversationBuilder, refOf, seededIds, seqCounter } from '@tidemark/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres } from '../../../test/support/services/postgres.ts';
import type { Service } from '../../../test/support/services/service.ts';
import { type PostgresOptions, postgresStorage } from '../src/index.ts';
import { rowsAsArrays } from '../src/postgres-dialect.ts';

let service: Service;

beforeAll(async () => {
  service = await startPostgres();
});

afterAll(() => service[Symbol.asyncDispose]());

test('options that break their rule are refused by name', () => {
  const pool = new pg.Pool();
  const refused = (options: unknown) => expect(() => postgresStorage(options as PostgresOptions));
  refused({}).toThrow(/^pool must be/);
  refused({ pool: {} }).toThrow(/^pool must be/);
  refused({ pool, schema: 'a"b' }).toThrow(/^schema must be/);
  refused({ pool, schema: 'x'.repeat(64) }).toThrow(/^schema must be/);
  refused({ pool, prepare: 'yes' }).toThrow(/^prepare must be/);
});

test('processes that open one new schema at once all succeed, and share the epoch', async () => {
  await using pools = openPools(4);
  const storages = pools.map((pool) => postgresStorage({ pool, schema: 'openers' }));
  await Promise.all(storages.map((storage) => storage.open()));
  expect(new Set(storages.map((storage) => storage.inbox.epoch)).size).toBe(1);
});

test('without a schema the tables are in the first of the search_path', async () => {
  await using pools = openPools(1);
  const pool = pools[0] as pg.Pool;
  await opened(pool);
  const found = await pool.query("select schemaname from pg_tables where tablename = 'tidemark_events'");
  expect(found.rows).toContainEqual({ schemaname: 'public' });
});

test('arrays are read by Postgres as the values they were written from', async () => {
  await using pools = openPools(1);
  const texts = [
    '',
    'plain',
    'NULL',
    null,
    'a "quote"',
    'back\\slash\\',
    '{a,b}',
    ' spaces ',
    'line\nbreak',
    '雪 ☃',
    '\\"',
  ];
  const ints = [0, -1, Number.MAX_SAFE_INTEGER, null];
  const rows = texts.map((text, index) => ({ text, int: ints[index % ints.length] ?? null }));
  const arrays = rowsAsArrays({ shape: { text: 'text', int: 'int' }, rows });
  const read = await pools[0]?.query('select $1::text[] as texts, $2::bigint[] as ints', arrays);
  const found = read?.rows[0] as { texts: unknown[]; ints: (string | null)[] };
  expect(found.texts).toEqual(texts);
  expect(found.ints.map((int) => (int === null ? null : Number(int)))).toEqual(rows.map(({ int }) => int));
});

test('a commit is one statement, whatever the batch', async () => {
  await using pools = openPools(1);
  const pool = pools[0] as pg.Pool;
  const storage = await opened(pool, 'statements');
  const ids = seededIds();
  const counter = seqCounter();
  const chat = conversationBuilder({ ids });
  const texts = recordStatements(pool);
  for (const messages of [1, 10, 200]) {
    const before = chat.events.length;
    for (let n = 0; n < messages; n++) chat.message();
    chat.add([ids.userId(`member${messages}`)]);
    const events = chat.events.slice(messages === 1 ? 0 : before);
    expect(await storage.commit(batchFor(chat, events, counter))).toEqual({ conflict: undefined });
  }
  expect(texts).toHaveLength(3);
  expect(texts[1]).toBe(texts[2]);
});

test('integers are numbers, whatever the application made of its own', async () => {
  const types = { getTypeParser: () => (text: string) => `parsed ${text}` } as unknown as pg.CustomTypesConfig;
  await using pools = openPools(1, { types });
  const storage = await opened(pools[0] as pg.Pool, 'integers');
  const chat = conversationBuilder();
  await storage.commit(batchFor(chat, chat.events, seqCounter()));
  expect(await storage.history.findByRef([refOf(chat.created)])).toEqual(chat.events);
});

test('closing leaves the pool to the application, with the listeners it had', async () => {
  await using pools = openPools(1);
  const pool = pools[0] as pg.Pool;
  const storage = await opened(pool, 'closing');
  expect(pool.listenerCount('error')).toBe(1);
  await storage.close();
  expect(pool.listenerCount('error')).toBe(0);
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);

  const own = (): void => {};
  pool.on('error', own);
  await storage.open();
  expect(pool.listeners('error')).toEqual([own]);
  await storage.close();
});

test('a lock that is not granted in time makes the store unavailable, and the batch can be repeated', async () => {
  await using pools = openPools(1, { options: '-c lock_timeout=50' });
  const storage = await opened(pools[0] as pg.Pool, 'locks');
  const chat = conversationBuilder();
  const batch = batchFor(chat, chat.events, seqCounter());
  const other = new pg.Client({ connectionString: service.url });
  await other.connect();
  await other.query('begin; lock table locks.tidemark_events');
  const refused = await storage.commit(batch).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(UnavailableError);
  expect((refused as UnavailableError).cause).toMatchObject({ code: '55P03' });
  await other.query('rollback');
  await other.end();
  expect(await storage.commit(batch)).toEqual({ conflict: undefined });
});

test('too many connections make the store unavailable', async () => {
  await using pools = openPools(1);
  await (pools[0] as pg.Pool).query('create role scarce login connection limit 0');
  await using scarce = openPools(1, { user: 'scarce' });
  const refused = await opened(scarce[0] as pg.Pool).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(UnavailableError);
  await (pools[0] as pg.Pool).query('drop role scarce');
  expect((refused as UnavailableError).cause).toMatchObject({ code: '53300' });
});

test('a defect is not taken for a passing trouble', async () => {
  await using pools = openPools(1);
  const storage = await opened(pools[0] as pg.Pool, 'defects');
  await (pools[0] as pg.Pool).query('drop table defects.tidemark_events');
  const chat = conversationBuilder();
  const failed = await storage.history.append(chat.events).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(pg.DatabaseError);
});

test('a killed server makes the store unavailable, and after its restart the same store has all that was committed', async () => {
  await using server = await startPostgres();
  // As an application that never thought of an `error` listener.
  await using pools = openPools(1, { connectionString: server.url });
  const storage = await opened(pools[0] as pg.Pool);
  const counter = seqCounter();
  const chat = conversationBuilder();
  await storage.commit(batchFor(chat, chat.events, counter));
  const batch = batchFor(chat, [chat.message()], counter);

  const inFlight = Array.from({ length: 4 }, () => storage.history.load([chat.conversationId]).catch(() => undefined));
  await server.kill9();
  await Promise.all(inFlight);
  await expect(storage.commit(batch)).rejects.toBeInstanceOf(UnavailableError);

  await server.restart();
  expect(await storage.commit(batch)).toEqual({ conflict: undefined });
  expect(await storage.history.findByRef(chat.events.map(refOf))).toHaveLength(2);
});

test('a connection that the server ends in the same breath in which it accepts it does not end the process', async () => {
  await using pools = openPools(1, { max: 1 });
  const pool = pools[0] as pg.Pool;
  const storage = await opened(pool);
  // The next one is new.
  (await pool.connect()).release(true);
  let ended = 0;
  pool.on('acquire', (client) => {
    // After the pool has taken its own listener away, and before whoever asked for the client has it.
    process.nextTick(() => {
      ended += 1;
      client.emit('error', new Error('terminating connection due to administrator command'));
    });
  });
  await storage.history.load([]);
  await storage.history.identity();
  expect(ended).toBeGreaterThan(0);
  await storage.close();
  expect(pool.listenerCount('connect')).toBe(0);
});

async function opened(pool: pg.Pool, schema?: string): Promise<Storage> {
  const storage = postgresStorage({ pool, ...(schema !== undefined && { schema }) });
  await storage.open();
  return storage;
}

/** The texts of all statements that the pool's connections run from now on. */
function recordStatements(pool: pg.Pool): string[] {
  const texts: string[] = [];
  pool.on('acquire', (client) => {
    const query = client.query;
    client.query = ((config: { text: string }, ...others: unknown[]) => {
      texts.push(config.text);
      return Reflect.apply(query, client, [config, ...others]);
    }) as typeof query;
    pool.once('release', () => {
      client.query = query;
    });
  });
  return texts;
}

function openPools(count: number, options: pg.PoolConfig = {}): pg.Pool[] & AsyncDisposable {
  const uri = new URL(options.connectionString ?? service.url);
  if (options.user) uri.username = options.user;
  const pools = Array.from({ length: count }, () => new pg.Pool({ max: 4, ...options, connectionString: uri.href }));
  return Object.assign(pools, {
    [Symbol.asyncDispose]: async () => {
      await Promise.all(pools.map((pool) => pool.end()));
    },
  });
}
