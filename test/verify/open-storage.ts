import { composeStorage, type Storage } from '@tidemark/core';
import { mongoInbox } from '@tidemark/storage-mongo';
import { mysqlStorage } from '@tidemark/storage-mysql';
import { postgresHistory, postgresStorage } from '@tidemark/storage-postgres';
import { sqliteStorage } from '@tidemark/storage-sqlite';
import { MongoClient } from 'mongodb';
import mysql from 'mysql2';
import pg from 'pg';
import type { StoreSettings } from './server-settings.ts';

/** A storage on its own connections, and what ends those. Nothing is connected yet: its services may be down. */
export interface OpenedStorage {
  readonly storage: Storage;
  readonly end: () => Promise<void>;
}

/** Silence of a service is noticed after so long, in ms: a call on a half-open connection must end in a run's time. */
const CONNECT_MS = 3_000;
const ANSWER_MS = 10_000;

export function openStorage(from: StoreSettings): OpenedStorage {
  switch (from.kind) {
    case 'sqlite':
      return { storage: sqliteStorage({ path: from.path }), end: async () => {} };
    case 'postgres': {
      const pool = postgresPool(from.url);
      return { storage: postgresStorage({ pool }), end: () => pool.end() };
    }
    case 'mysql': {
      const pool = mysql.createPool({ uri: from.url, connectionLimit: 8, connectTimeout: CONNECT_MS });
      return { storage: mysqlStorage({ pool }), end: () => pool.promise().end() };
    }
    case 'postgres-mongo': {
      const pool = postgresPool(from.postgres);
      const client = new MongoClient(from.mongo, {
        serverSelectionTimeoutMS: CONNECT_MS,
        connectTimeoutMS: CONNECT_MS,
        socketTimeoutMS: ANSWER_MS,
      });
      return {
        storage: composeStorage({ history: postgresHistory({ pool }), inbox: mongoInbox({ db: client.db() }) }),
        end: async () => {
          await Promise.all([pool.end(), client.close()]);
        },
      };
    }
  }
}

function postgresPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 8, connectionTimeoutMillis: CONNECT_MS, query_timeout: ANSWER_MS });
  // Of a connection that idles while its server is killed.
  pool.on('error', () => {});
  return pool;
}
