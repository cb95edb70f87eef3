import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { HistoryStore, InboxStore, Storage } from '@tidemark/core';
import { type MigrateMode, SqlDatabase, sqlHistory, sqlInbox, sqlStorage } from '@tidemark/storage-sql';
import { libsqlDialect } from './libsql-dialect.ts';
import { sqliteDialect } from './sqlite-dialect.ts';

export interface SqliteOptions {
  /** The database file; its folder is made when it is missing. `':memory:'` for one that ends with the process. */
  readonly path: string;
  /**
   * How long a call waits for another writer of the same file, in milliseconds, 0 to 60,000; 5,000 unless set. After that
   * it fails as unavailable.
   */
  readonly busyTimeoutMs?: number;
  /**
   * Who brings the tables up to date: `run`, unless set, has `open` do it; with `check` it only looks, and refuses with
   * DeploymentError what is not up to date. A store that is needs no right to make tables in either case.
   */
  readonly migrate?: MigrateMode;
}

/** Both roles in one SQLite file. A resolved commit is on the disk (WAL, synchronous=FULL). */
export function sqliteStorage(options: SqliteOptions): Storage {
  return sqlStorage(sqliteDatabase(options), { name: 'sqlite', atomic: true });
}

/** The history role alone, for `composeStorage`. */
export function sqliteHistory(options: SqliteOptions): HistoryStore {
  return sqlHistory(sqliteDatabase(options));
}

/** The inbox role alone, for `composeStorage`. */
export function sqliteInbox(options: SqliteOptions): InboxStore {
  return sqlInbox(sqliteDatabase(options), { joinsEvents: false });
}

const IN_MEMORY = ':memory:';
const DEFAULT_BUSY_TIMEOUT = 5_000;

function sqliteDatabase({ path, busyTimeoutMs = DEFAULT_BUSY_TIMEOUT, migrate }: SqliteOptions): SqlDatabase {
  if (typeof path !== 'string' || path === '') throw new TypeError("path must be a file's path or ':memory:'");
  if (!Number.isInteger(busyTimeoutMs) || busyTimeoutMs < 0 || busyTimeoutMs > 60_000) {
    throw new TypeError('busyTimeoutMs must be a whole number of milliseconds from 0 to 60000');
  }
  return new SqlDatabase({
    dialect: sqliteDialect,
    survives: path === IN_MEMORY ? 'nothing' : 'machine',
    migrate,
    connect: () => {
      if (path !== IN_MEMORY) mkdirSync(dirname(path), { recursive: true });
      return libsqlDialect({ path, busyTimeoutMs });
    },
  });
}
