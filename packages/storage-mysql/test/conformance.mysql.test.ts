import { composeStorage, type Storage } from '@tidemark/core';
import { SCHEMA, TABLE_PREFIX } from '@tidemark/storage-sql';
import { storageConformance } from '@tidemark/testkit';
import mysql from 'mysql2';
import mysqlPromise from 'mysql2/promise';
import { afterAll, beforeAll } from 'vitest';
import { reopeningStore } from '../../../test/support/reopening-store.ts';
import { startMariadb } from '../../../test/support/services/mariadb.ts';
import type { Service } from '../../../test/support/services/service.ts';
import { type MysqlOptions, mysqlHistory, mysqlInbox, mysqlStorage } from '../src/index.ts';

const TABLES = Object.keys(SCHEMA)
  .filter((name) => name !== 'meta')
  .map((name) => TABLE_PREFIX + name);

let service: Service;
let admin: mysqlPromise.Connection;

beforeAll(async () => {
  service = await startMariadb();
  admin = await mysqlPromise.createConnection(service.url);
});

afterAll(async () => {
  for (let number = 1; number <= databases; number++) await admin.query(`drop database ${nameOf(number)}`);
  await admin.end();
  await service[Symbol.asyncDispose]();
});

storageConformance('mysql', () => inDatabase(mysqlStorage));

// Each role alone is proved by the composition of the two.
storageConformance('mysql history and mysql inbox in one database, composed', () =>
  inDatabase((options): Storage => composeStorage({ history: mysqlHistory(options), inbox: mysqlInbox(options) })),
);

let databases = 0;
/** Emptied ones, since making tables takes ten times as long as deleting what a case wrote. */
const free: string[] = [];

/** A store in a database of its own, opened; `reopen` opens it once more, with a pool of promises. */
async function inDatabase(create: (options: MysqlOptions) => Storage) {
  const database = free.pop() ?? nameOf(++databases);
  await admin.query(`create database if not exists ${database}`);
  const ends: (() => Promise<void>)[] = [];
  const open = (nth: number, port = service.port): Storage => {
    const callbacks = mysql.createPool({ uri: uriOf(database, port), connectionLimit: 4 });
    const promises = callbacks.promise();
    ends.push(() => promises.end());
    return create({ pool: nth % 2 === 0 ? callbacks : promises });
  };
  const clean = async (): Promise<void> => {
    await Promise.all(ends.map((end) => end()));
    await admin.query('begin');
    for (const table of TABLES) await admin.query(`delete from ${database}.${table}`);
    await admin.query(`delete from ${database}.${TABLE_PREFIX}meta where name = 'history'`);
    await admin.query('commit');
    free.push(database);
  };
  return reopeningStore(open, clean, service);
}

/** Beside the database of this run, which a server that others use has for itself. */
function nameOf(number: number): string {
  return `${new URL(service.url).pathname.slice(1)}_${number}`;
}

function uriOf(database: string, port: number): string {
  const url = new URL(service.url);
  url.host = `127.0.0.1:${port}`;
  url.pathname = `/${database}`;
  return url.href;
}
