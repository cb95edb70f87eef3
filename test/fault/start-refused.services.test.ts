import type { Storage } from '@tidemark/core';
import type { ServerEvents } from '@tidemark/server';
import { mysqlStorage } from '@tidemark/storage-mysql';
import { postgresStorage } from '@tidemark/storage-postgres';
import { Redis } from 'ioredis';
import { createPool } from 'mysql2';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { expect, test } from 'vitest';
import { connectStock, eventually, startApp } from '../support/app.ts';
import { startMariadb } from '../support/services/mariadb.ts';
import { startPostgres } from '../support/services/postgres.ts';
import { startRedis } from '../support/services/redis.ts';

/** A service that refuses the process which starts on it, until somebody puts that right. */
interface Refusing extends AsyncDisposable {
  readonly options: { readonly storage?: Storage; readonly redis?: Redis };
  /** What it says. */
  readonly says: RegExp;
  putRight(): Promise<unknown>;
}

/** @param prepare what the owner does before @param mend what the owner does after, to the database that was asked for */
async function postgres(refusal: {
  readonly prepare: string;
  readonly mend: string;
  readonly database?: string;
  readonly password?: string;
  readonly says: RegExp;
}): Promise<Refusing> {
  const service = await startPostgres({ durable: false });
  const owner = new pg.Pool({ connectionString: service.url });
  const { hostname: host, port, pathname } = new URL(service.url);
  // The owner needs no password, and the role does.
  await owner.query(`create temporary table hba (line text);
    insert into hba values ('host all app 127.0.0.1/32 scram-sha-256'), ('local all all trust'), ('host all all all trust')`);
  const [{ file }] = (await owner.query("select current_setting('hba_file') as file")).rows as [{ file: string }];
  await owner.query(`copy hba to '${file}'; select pg_reload_conf()`);
  await owner.query(refusal.prepare);
  const { database = pathname.slice(1), password = 'right' } = refusal;
  const pool = new pg.Pool({ host, port: Number(port), database, user: 'app', password, max: 4 });
  pool.on('error', () => {});
  return {
    options: { storage: postgresStorage({ pool }) },
    says: refusal.says,
    putRight: () => owner.query(refusal.mend),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([owner.end(), pool.end()]);
      await service[Symbol.asyncDispose]();
    },
  };
}

async function mariadb(): Promise<Refusing> {
  const service = await startMariadb();
  const owner = mysql.createPool({ uri: service.url });
  const { hostname: host, port } = new URL(service.url);
  await owner.query("create user app@'%' identified by 'right'");
  await owner.query("grant all on *.* to app@'%'");
  const pool = createPool({ host, port: Number(port), database: 'not_yet', user: 'app', password: 'right' });
  return {
    options: { storage: mysqlStorage({ pool }) },
    says: /Unknown database 'not_yet'/,
    putRight: () => owner.query('create database not_yet'),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([owner.end(), new Promise<void>((resolve) => pool.end(() => resolve()))]);
      await service[Symbol.asyncDispose]();
    },
  };
}

async function redis(): Promise<Refusing> {
  const service = await startRedis();
  const owner = new Redis(service.url);
  await owner.config('SET', 'requirepass', 'right');
  const client = new Redis(service.url, { retryStrategy: () => 50 });
  client.on('error', () => {});
  return {
    options: { redis: client },
    says: /Redis to take the claim of this deployment/,
    putRight: () => owner.config('SET', 'requirepass', ''),
    [Symbol.asyncDispose]: async () => {
      owner.disconnect();
      client.disconnect();
      await service[Symbol.asyncDispose]();
    },
  };
}

test.each<[string, () => Promise<Refusing>]>([
  [
    'a role of Postgres that may make no tables until that is granted',
    () =>
      postgres({
        prepare: "create role app login password 'right'",
        mend: 'grant create on schema public to app',
        says: /permission denied for schema public/,
      }),
  ],
  [
    'a password of Postgres that is wrong until it is corrected',
    () =>
      postgres({
        prepare: "create role app login password 'wrong'; grant create on schema public to app",
        mend: "alter role app password 'right'",
        says: /password authentication failed/,
      }),
  ],
  [
    'a database of Postgres that is not there until it is created',
    () =>
      postgres({
        prepare: "create role app login password 'right' superuser",
        database: 'not_yet',
        mend: 'create database not_yet',
        says: /database "not_yet" does not exist/,
      }),
  ],
  ['a database of MariaDB that is not there until it is created', mariadb],
  ['a Redis that wants a password until it does not', redis],
])('a start goes on by itself once what refused it is put right: %s', async (_, make) => {
  await using refusing = await make();
  const retried: ServerEvents['retried'][] = [];
  await using app = await startApp(
    { ...refusing.options, tuning: { openTimeoutMs: 500 }, warnings: false },
    { isReady: false },
  );
  app.messaging.on('retried', (event) => retried.push(event));
  await using alice = connectStock(app.wsUrl, 'alice');
  const conversationId = 'd:alice,bob';
  const send = (clientMessageId: string) =>
    alice.trpc.chat.send.mutate({ conversationId, clientMessageId, type: 'text', content: { text: 'hello' } });

  await expect(send('early')).rejects.toThrow(/^unavailable: /);
  await eventually('it was refused twice', () => retried.length > 1);
  expect(app.messaging.health()).toEqual({
    status: 'starting',
    reasons: [{ what: 'start', text: expect.stringMatching(refusing.says) }],
  });

  await refusing.putRight();
  await app.messaging.ready();
  expect(await send('later')).toMatchObject({ clientMessageId: 'later' });
  expect(app.messaging.health()).toEqual({ status: 'ok', reasons: [] });
});
