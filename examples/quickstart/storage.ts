import { mongoInbox } from '@tidemark/storage-mongo';
import { mysqlHistory, mysqlStorage } from '@tidemark/storage-mysql';
import { postgresHistory, postgresStorage } from '@tidemark/storage-postgres';
import { sqliteStorage } from '@tidemark/storage-sqlite';
import { Redis } from 'ioredis';
import { MongoClient } from 'mongodb';
import mysql from 'mysql2';
import pg from 'pg';

/** Where messages live, from the command line. All parts are the application's own drivers, handed in. */
export interface Services {
  /** `redis://…`; absent: queue and counters in this process. */
  readonly redis?: string | undefined;
  /** `postgres://…` or `mysql://…`; absent: a SQLite file. */
  readonly history?: string | undefined;
  /** `mongodb://…`; absent: the inbox lives beside the history. */
  readonly inbox?: string | undefined;
  /** Path of the SQLite file. */
  readonly file: string;
}

/** Opens the drivers. Returns what `createMessaging` takes, a name for the summary, and how to close them. */
export function openServices(services: Services) {
  const closers: (() => Promise<unknown>)[] = [];
  const names: string[] = [];
  const redis = services.redis === undefined ? undefined : new Redis(services.redis);
  if (redis) {
    names.push('Redis');
    closers.push(() => redis.quit());
  }
  const storage = openStorage(services, names, closers);
  return {
    redis,
    storage,
    name: names.join(' + '),
    close: async () => {
      for (const close of closers) await close();
    },
  };
}

function openStorage(services: Services, names: string[], closers: (() => Promise<unknown>)[]) {
  const { history, inbox, file } = services;
  if (history === undefined) {
    if (inbox !== undefined) throw new Error('--inbox needs --history: the log of a conversation has to be somewhere');
    names.push('SQLite');
    return sqliteStorage({ path: file });
  }
  const inboxStore = inbox === undefined ? undefined : openInbox(inbox, closers);
  if (/^postgres(ql)?:/.test(history)) {
    const pool = new pg.Pool({ connectionString: history, max: 16 });
    closers.push(() => pool.end());
    names.push('Postgres');
    if (!inboxStore) return postgresStorage({ pool });
    names.push('MongoDB');
    return { history: postgresHistory({ pool }), inbox: inboxStore };
  }
  if (/^mysql:|^mariadb:/.test(history)) {
    const pool = mysql.createPool({ uri: history.replace(/^mariadb:/, 'mysql:'), connectionLimit: 16 });
    closers.push(() => pool.promise().end());
    names.push('MySQL');
    if (!inboxStore) return mysqlStorage({ pool });
    names.push('MongoDB');
    return { history: mysqlHistory({ pool }), inbox: inboxStore };
  }
  throw new Error(`--history must be postgres://… or mysql://…, not ${history}`);
}

function openInbox(url: string, closers: (() => Promise<unknown>)[]) {
  if (!url.startsWith('mongodb')) throw new Error(`--inbox must be mongodb://…, not ${url}`);
  const mongo = new MongoClient(url);
  closers.push(() => mongo.close());
  return mongoInbox({ db: mongo.db() });
}
