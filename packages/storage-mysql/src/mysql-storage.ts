import type { HistoryStore, InboxStore, Storage } from '@tidemark/core';
import {
  connectionWarnings,
  type MigrateMode,
  SqlDatabase,
  sqlHistory,
  sqlInbox,
  sqlStorage,
} from '@tidemark/storage-sql';
import { Lending } from './lent-connection.ts';
import { mysqlDialect } from './mysql-dialect.ts';
import { checkedPool, type MysqlPool, type MysqlPromisePool } from './mysql-pool.ts';
import { pooledDialect } from './pooled-dialect.ts';
import { ServerLimits } from './server-limits.ts';

export interface MysqlOptions {
  /**
   * A pool of `mysql2` or `mysql2/promise`, of the application, with a database and the charset utf8mb4 (the driver's
   * default). It is used and never ended.
   */
  readonly pool: MysqlPool | MysqlPromisePool;
  /**
   * Told, at most once a minute for each, what is wrong with connections of the pool: an open transaction that somebody left, a
   * variable of the session. By default a warning of the process.
   */
  readonly onWarning?: (warning: string) => void;
  /**
   * Who brings the tables up to date: `run`, unless set, has `open` do it; with `check` it only looks, and refuses with
   * DeploymentError what is not up to date. A store that is needs no right to make tables in either case.
   */
  readonly migrate?: MigrateMode;
}

/** Both roles in one MySQL or MariaDB database; a commit is one transaction of a fixed number of statements. */
export function mysqlStorage(options: MysqlOptions): Storage {
  return sqlStorage(mysqlDatabase(options), { name: 'mysql', atomic: true });
}

/** The history role alone, for `composeStorage`. */
export function mysqlHistory(options: MysqlOptions): HistoryStore {
  return sqlHistory(mysqlDatabase(options));
}

/** The inbox role alone, for `composeStorage`. */
export function mysqlInbox(options: MysqlOptions): InboxStore {
  return sqlInbox(mysqlDatabase(options), { joinsEvents: false });
}

function mysqlDatabase({ pool, onWarning, migrate }: MysqlOptions): SqlDatabase {
  const checked = checkedPool(pool);
  const limits = new ServerLimits();
  const lending = new Lending({ warn: connectionWarnings(onWarning), limits });
  return new SqlDatabase({ dialect: mysqlDialect(limits), connect: () => pooledDialect(checked, lending), migrate });
}
