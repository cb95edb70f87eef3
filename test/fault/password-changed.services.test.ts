import { setTimeout as sleep } from 'node:timers/promises';
import type { Storage } from '@tidemark/core';
import { mysqlStorage } from '@tidemark/storage-mysql';
import { postgresStorage } from '@tidemark/storage-postgres';
import { createPool } from 'mysql2';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { expect, test } from 'vitest';
import { startMariadb } from '../support/services/mariadb.ts';
import { startPostgres } from '../support/services/postgres.ts';
import { startStoreScene, throughIllness } from '../support/store-scene.ts';

/** ms after which the application's pool has the new password. */
const FOLLOWS = 5_000;

/** A database whose tables an owner has made, and the storage of a role that may read and write rows and no more. */
interface Database extends AsyncDisposable {
  readonly storage: Storage;
  /** Gives the role another password, and ends its connections. */
  change(password: string): Promise<void>;
  /** The pool of the role has the other password from now on. */
  follow(password: string): void;
}

async function postgres(): Promise<Database> {
  const service = await startPostgres({ durable: false });
  const owner = new pg.Pool({ connectionString: service.url });
  // The owner needs no password, and the role does.
  await owner.query(`create temporary table hba (line text);
    insert into hba values ('host all app 127.0.0.1/32 scram-sha-256'), ('local all all trust'), ('host all all all trust')`);
  const [{ file }] = (await owner.query("select current_setting('hba_file') as file")).rows as [{ file: string }];
  await owner.query(`copy hba to '${file}'; select pg_reload_conf()`);
  await owner.query("create schema chat; create role app login password 'first'; grant usage on schema chat to app");
  const migrated = postgresStorage({ pool: owner, schema: 'chat' });
  await migrated.open();
  await migrated.close();
  await owner.query('grant select, insert, update, delete on all tables in schema chat to app');
  const { hostname: host, port, pathname } = new URL(service.url);
  let current = 'first';
  const pool = new pg.Pool({
    host,
    port: Number(port),
    database: pathname.slice(1),
    user: 'app',
    password: () => current,
    max: 4,
  });
  pool.on('error', () => {});
  return {
    storage: postgresStorage({ pool, schema: 'chat', migrate: 'check' }),
    change: async (password) => {
      await owner.query(`alter role app password '${password}'`);
      await owner.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'");
    },
    follow: (password) => {
      current = password;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([owner.end(), pool.end()]);
      await service[Symbol.asyncDispose]();
    },
  };
}

async function mariadb(): Promise<Database> {
  const service = await startMariadb();
  const owner = mysql.createPool({ uri: service.url });
  const { hostname: host, port, pathname } = new URL(service.url);
  const database = pathname.slice(1);
  await owner.query("create user app@'%' identified by 'first'");
  const migrated = mysqlStorage({ pool: owner });
  await migrated.open();
  await migrated.close();
  await owner.query(`grant select, insert, update, delete on \`${database}\`.* to app@'%'`);
  const pool = createPool({ host, port: Number(port), database, user: 'app', password: 'first', connectionLimit: 4 });
  return {
    storage: mysqlStorage({ pool, migrate: 'check' }),
    change: async (password) => {
      await owner.query(`alter user app@'%' identified by '${password}'`);
      await owner.query("kill user app@'%'");
    },
    follow: (password) => {
      const { config } = pool as unknown as { config: { connectionConfig: { password: string } } };
      config.connectionConfig.password = password;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([owner.end(), new Promise<void>((resolve) => pool.end(() => resolve()))]);
      await service[Symbol.asyncDispose]();
    },
  };
}

test.each([
  ['Postgres', postgres],
  ['MariaDB', mariadb],
])('the password changed, and the pool follows five seconds later: all go through, %s', async (_, make) => {
  await using database = await make();
  await database.storage.open();
  // As soon as it may, a command is parked.
  await using scene = await startStoreScene({ storage: database.storage, tuning: { attempts: 2, parkAfterMs: 0 } });
  let following = Promise.resolve();
  await throughIllness(scene, {
    begin: async () => {
      await database.change('second');
      following = sleep(FOLLOWS).then(() => database.follow('second'));
    },
    end: () => following,
  });
  expect(scene.deadLettered).toEqual([]);
  expect(scene.setAside).toEqual([]);
  await scene.assertStored(database.storage);
});
