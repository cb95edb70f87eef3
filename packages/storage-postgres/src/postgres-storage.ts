import type { HistoryStore, InboxStore, Storage } from '@tidemark/core';
import {
  connectionWarnings,
  type MigrateMode,
  SqlDatabase,
  sqlHistory,
  sqlInbox,
  sqlStorage,
} from '@tidemark/storage-sql';
import { Lending } from './lent-client.ts';
import { pooledDialect } from './pooled-dialect.ts';
import { postgresDialect } from './postgres-dialect.ts';
import { checkedPool, type PostgresPool } from './postgres-pool.ts';

export interface PostgresOptions {
  /** A Pool of `pg`, of the application. It is used and never ended. */
  readonly pool: PostgresPool;
  /** Schema of the tables, made when it is missing; by default the first of the connection's `search_path`. */
  readonly schema?: string;
  /**
   * Whether statements are prepared on the server; true unless set. Set it to false behind a pooler that gives each
   * statement another connection and does not follow prepared statements (PgBouncer before 1.21 in transaction mode).
   */
  readonly prepare?: boolean;
  /**
   * Told, at most once a minute for each, what is wrong with the pool's connections: one with an open transaction that somebody
   * left, or prepared statements that get lost. By default a warning of the process.
   */
  readonly onWarning?: (warning: string) => void;
  /**
   * Who brings the tables up to date: `run`, unless set, has `open` do it; with `check` it only looks, and refuses with
   * DeploymentError what is not up to date. A store that is needs no right to make tables in either case.
   */
  readonly migrate?: MigrateMode;
}

/** Both roles in one Postgres database; a commit is one statement. */
export function postgresStorage(options: PostgresOptions): Storage {
  return sqlStorage(postgresDatabase(options), { name: 'postgres', atomic: true });
}

/** The history role alone, for `composeStorage`. */
export function postgresHistory(options: PostgresOptions): HistoryStore {
  return sqlHistory(postgresDatabase(options));
}

/** The inbox role alone, for `composeStorage`. */
export function postgresInbox(options: PostgresOptions): InboxStore {
  return sqlInbox(postgresDatabase(options), { joinsEvents: false });
}

/** Postgres cuts longer names short, and would take two that differ later for one. */
const SCHEMA_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

function postgresDatabase({ pool, schema, prepare = true, onWarning, migrate }: PostgresOptions): SqlDatabase {
  const checked = checkedPool(pool);
  if (schema !== undefined && !(typeof schema === 'string' && SCHEMA_NAME.test(schema))) {
    throw new TypeError('schema must be 1 to 63 letters, digits and _, and not begin with a digit');
  }
  if (typeof prepare !== 'boolean') throw new TypeError('prepare must be true or false');
  const lending = new Lending({ prepare, warn: connectionWarnings(onWarning) });
  const connect = () => pooledDialect(checked, lending);
  return new SqlDatabase({ dialect: postgresDialect, connect, schema, migrate });
}
