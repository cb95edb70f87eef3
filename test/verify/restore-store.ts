import { rename, rm } from 'node:fs/promises';
import type { Heal, NodeProcess } from '@tidemark/testkit/verify';
import Database from 'libsql';
import mysql from 'mysql2/promise';
import pg from 'pg';
import type { StoreSettings } from './server-settings.ts';

/** A store that is restored, or whose replica is promoted, is away for longer than this. */
const AWAY_MS = 500;

/** Other faults start and end it as well: none may while the file is replaced, or it goes on with half of each. */
export type Stoppable = Pick<NodeProcess, 'whileDown'>;

/** Copies the store, and gives what restores it to that. Undefined where the parts of the store have no common moment. */
export function restorable(
  store: StoreSettings,
  servers: readonly Stoppable[],
): ((over: AbortSignal) => Promise<Heal>) | undefined {
  switch (store.kind) {
    case 'sqlite':
      return () => copySqlite(store.path, servers);
    case 'postgres':
      return () => copyPostgres(store.url);
    case 'mysql':
      return () => copyMysql(store.url);
    case 'postgres-mongo':
      return undefined;
  }
}

/** The file of a process that is down for it: no other can be put in its place. */
async function copySqlite(path: string, servers: readonly Stoppable[]): Promise<Heal> {
  const copy = `${path}.${Date.now()}.copy`;
  const database = new Database(path);
  database.exec(`vacuum into '${copy}'`);
  database.close();
  const replace = async (): Promise<void> => {
    for (const suffix of ['-wal', '-shm']) await rm(path + suffix, { force: true });
    await rename(copy, path);
  };
  return servers.reduce((step, server) => () => server.whileDown(step), replace);
}

/** In one transaction, under processes that go on, and with an end to all their connections, as when a replica is promoted. */
async function copyPostgres(url: string): Promise<Heal> {
  const schema = `copy_${Date.now()}`;
  const tables = await withPostgres(url, async (client) => {
    await client.query('begin isolation level repeatable read');
    const { rows } = await client.query(
      "select tablename from pg_tables where tablename like 'tidemark\\_%' and schemaname = 'public'",
    );
    const names = rows.map(({ tablename }) => String(tablename));
    await client.query(`create schema ${schema}`);
    for (const table of names) await client.query(`create table ${schema}.${table} as table public.${table}`);
    await client.query('commit');
    return names;
  });
  return () =>
    withPostgres(url, async (client) => {
      await client.query('begin');
      await client.query(`truncate ${tables.map((table) => `public.${table}`).join(', ')}`);
      const endOthers = () =>
        // A transaction sees the activity of its first look, unless it asks for another.
        client.query(`select pg_stat_clear_snapshot(); select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()`);
      await endOthers();
      await client.query(`select pg_sleep(${AWAY_MS / 1_000})`);
      for (const table of tables) await client.query(`insert into public.${table} table ${schema}.${table}`);
      // Nothing that was asked of the one store is answered by the other.
      await endOthers();
      await client.query(`drop schema ${schema} cascade`);
      await client.query('commit');
    });
}

async function withPostgres<T>(url: string, step: (client: pg.Client) => Promise<T>): Promise<T> {
  return patiently(async () => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
    client.on('error', () => {});
    try {
      await client.connect();
      return await step(client);
    } finally {
      await client.end().catch(() => {});
    }
  });
}

/** Under locks, and with an end to all connections of the others. */
async function copyMysql(url: string): Promise<Heal> {
  const suffix = `_copy_${Date.now()}`;
  const tables = await withMysql(url, async (connection) => {
    const [rows] = await connection.query<mysql.RowDataPacket[]>("show tables like 'tidemark\\_%'");
    const names = rows.map((row) => String(Object.values(row)[0])).filter((name) => !name.includes('_copy_'));
    for (const table of names) await connection.query(`create table if not exists ${table}${suffix} like ${table}`);
    const locks = names.map((table) => `${table} read, ${table}${suffix} write`);
    const copies = names.map(
      (table) => `delete from ${table}${suffix}; insert into ${table}${suffix} select * from ${table}`,
    );
    await connection.query(`lock tables ${locks.join(', ')}; ${copies.join('; ')}; unlock tables`);
    return names;
  });
  return () =>
    withMysql(url, async (connection) => {
      const locks = tables.map((table) => `${table} write, ${table}${suffix} read`);
      const copies = tables.map(
        (table) => `delete from ${table}; insert into ${table} select * from ${table}${suffix}`,
      );
      await connection.query(`lock tables ${locks.join(', ')}`);
      await endOthers(connection);
      await connection.query(`do sleep(${AWAY_MS / 1_000})`);
      // One that is not done to its end is undone.
      await connection.query(`set autocommit = 0; ${copies.join('; ')}`);
      await endOthers(connection);
      await connection.query('commit; unlock tables');
    });
}

async function endOthers(connection: mysql.Connection): Promise<void> {
  const [others] = await connection.query<mysql.RowDataPacket[]>(
    'select id from information_schema.processlist where db = database() and id <> connection_id()',
  );
  // One that has ended by itself is no longer known.
  for (const { id } of others) await connection.query(`kill ${id}`).catch(() => {});
}

async function withMysql<T>(url: string, step: (connection: mysql.Connection) => Promise<T>): Promise<T> {
  return patiently(async () => {
    const connection = await mysql.createConnection({ uri: url, multipleStatements: true, connectTimeout: 3_000 });
    connection.on('error', () => {});
    try {
      return await step(connection);
    } finally {
      connection.destroy();
    }
  });
}

/** Another fault may have ended the service just now. */
async function patiently<T>(step: () => Promise<T>): Promise<T> {
  for (const deadline = performance.now() + 20_000; ; ) {
    try {
      return await step();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
