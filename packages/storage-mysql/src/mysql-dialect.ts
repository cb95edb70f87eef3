import { UnavailableError } from '@tidemark/core';
import {
  errorField,
  type RowSet,
  rowsAsJson,
  type SqlDialect,
  type SqlErrorClass,
  writeInTransaction,
} from '@tidemark/storage-sql';
import { type Kysely, sql } from 'kysely';
import { isLost, WrongConnectionError } from './lent-connection.ts';
import type { ServerLimits } from './server-limits.ts';

const COLUMN_TYPES = {
  id: 'varchar(320) character set ascii collate ascii_bin',
  int: 'bigint',
  text: 'longtext character set utf8mb4 collate utf8mb4_bin',
} as const;

/** Seconds. */
const MIGRATION_LOCK_TIMEOUT = 60;

/**
 * MySQL and MariaDB: a set of rows is one JSON text. `straight_join` makes a change start from the set: from the table, it
 * would lock every row it looks at.
 */
export function mysqlDialect(limits: ServerLimits): SqlDialect {
  const textOf = (set: RowSet): string => {
    const text = rowsAsJson(set);
    limits.check(text);
    return text;
  };
  return {
    ...INDEPENDENT,
    rowSource: (set) => {
      const columns = Object.entries(set.shape).map(
        ([column, type], index) => `${column} ${COLUMN_TYPES[type]} path '$[${index}]'`,
      );
      return sql`json_table(${textOf(set)}, '$[*]' columns (${sql.raw(columns.join(', '))})) as v`;
    },
    rowParameters: (set) => [textOf(set)],
    get maxSetChars() {
      return limits.maxSetChars;
    },
  };
}

/** What does not depend on the server's limits. */
const INDEPENDENT: Omit<SqlDialect, 'rowSource' | 'rowParameters' | 'maxSetChars'> = {
  name: 'mysql',

  columnTypes: COLUMN_TYPES,
  tableOptions: () => 'engine = InnoDB',
  indexes: 'inside',

  update: ({ table, source, on, set }) => {
    const assignments = Object.entries(set).map(([column, value]) => `t.${column} = ${value}`);
    return sql`update ${source} straight_join ${table} as t on ${on} set ${sql.raw(assignments.join(', '))}`;
  },
  deleteRows: (table, source, key, guard = sql`true`) => {
    const matches = key.map((column) => `t.${column} = v.${column}`);
    return sql`delete t from ${source} straight_join ${table} as t on ${sql.raw(matches.join(' and '))}
      where ${guard}`;
  },
  // In their order: what depends on the old value of the column goes before it.
  keepGreatest: (table, _key, column, others = []) => {
    const old = sql`${table}.${sql.ref(column)}`;
    const along = others.map(
      (each) =>
        sql`${sql.ref(each)} = if(values(${sql.ref(column)}) > ${old}, values(${sql.ref(each)}), ${table}.${sql.ref(each)})`,
    );
    return sql`on duplicate key update
      ${sql.join([...along, sql`${sql.ref(column)} = greatest(${old}, values(${sql.ref(column)}))`])}`;
  },

  integerIn: (text) => sql`cast(${text} as signed)`,

  // Without an argument: what is converted from a time zone is ambiguous for an hour each autumn.
  wallTime: 'unix_timestamp() * 1000',
  write: writeInTransaction,
  exclusively: <T>(db: Kysely<unknown>, work: (db: Kysely<unknown>) => Promise<T>): Promise<T> =>
    db.connection().execute(async (connection) => {
      // Names of locks belong to the whole server, and hold 64 characters.
      const name = sql`concat('tidemark ', left(database(), 55))`;
      const lock = await sql<{ taken: number | null }>`
        select get_lock(${name}, ${sql.lit(MIGRATION_LOCK_TIMEOUT)}) as taken`.execute(connection);
      if (lock.rows[0]?.taken !== 1) throw new UnavailableError('mysql: another process is migrating');
      try {
        return await work(connection);
      } finally {
        await sql`select release_lock(${name})`.execute(connection);
      }
    }),
  currentSchema: async (db) => {
    const found = await sql<{ name: string | null }>`select database() as name`.execute(db);
    const name = found.rows[0]?.name;
    if (!name) throw new Error("the pool's connections must name a database");
    return name;
  },
  hasIndex: async (db, table, index) => {
    const found = await sql`select 1 from information_schema.statistics
      where table_schema = database() and table_name = ${table} and index_name = ${index}`.execute(db);
    return found.rows.length > 0;
  },
  isMissingTable: (error) => errorField(error, 'errno') === 1146,
  checkServer,
  classify,
};

async function checkServer(db: Kysely<unknown>): Promise<void> {
  const found = await sql<{ version: string }>`select version() as version`.execute(db).catch((error: unknown) => {
    // Each of them, and so the pool makes them: that does not pass by itself.
    if (error instanceof WrongConnectionError) throw new Error(`mysql: ${error.message}`);
    throw error;
  });
  const version = found.rows[0]?.version ?? '';
  if (!isRecent(version)) throw new Error(`MySQL 8 or MariaDB 10.6 is needed, and the server is ${version}`);
}

/** `JSON_TABLE` and window functions: MySQL 8.0, MariaDB 10.6. */
function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  if (!/mariadb/i.test(version)) return major >= 8;
  return major > 10 || (major === 10 && minor >= 6);
}

/**
 * Errors that may pass: 1020 record changed, 1021 disk full, 1040 1203 1226 too many connections, 1053 1077 1079 shutting
 * down, 1158–1161 network, 1180 commit failed, 1205 lock timeout, 1213 deadlock, 1290 1792 1836 read only (a replica, after a
 * failover; a connection that somebody left so), 1317 interrupted, 1927 killed, 1969 3024 statement timeout, 4031 idle too long.
 */
const PASSING = new Set([
  1020, 1021, 1040, 1053, 1077, 1079, 1158, 1159, 1160, 1161, 1180, 1203, 1205, 1213, 1226, 1290, 1317, 1836, 1792,
  1927, 1969, 3024, 4031,
]);
const DUPLICATE_KEY = 1062;

function classify(error: unknown): SqlErrorClass {
  const errno = errorField(error, 'errno');
  if (errno === DUPLICATE_KEY) return { kind: 'unique' };
  const mayPass = PASSING.has(errno as number) || isLost(error) || error instanceof WrongConnectionError;
  return { kind: mayPass ? 'unavailable' : 'defect' };
}
