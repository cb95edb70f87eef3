import { UnavailableError } from '@tidemark/core';
import {
  errorField,
  isNetworkError,
  rowsAsJson,
  type SqlDialect,
  type SqlErrorClass,
  writeInTransaction,
} from '@tidemark/storage-sql';
import { type Kysely, sql } from 'kysely';

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
export const mysqlDialect: SqlDialect = {
  name: 'mysql',

  columnTypes: COLUMN_TYPES,
  tableOptions: () => 'engine = InnoDB',
  indexes: 'inside',

  rowSource: (set) => {
    const columns = Object.entries(set.shape).map(
      ([column, type], index) => `${column} ${COLUMN_TYPES[type]} path '$[${index}]'`,
    );
    return sql`json_table(${rowsAsJson(set)}, '$[*]' columns (${sql.raw(columns.join(', '))})) as v`;
  },
  rowParameters: (set) => [rowsAsJson(set)],
  // At most four bytes each on their way, against a max_allowed_packet of 16 MiB and more.
  maxSetChars: 1_000_000,

  update: ({ table, source, on, set }) => {
    const assignments = Object.entries(set).map(([column, value]) => `t.${column} = ${value}`);
    return sql`update ${source} straight_join ${table} as t on ${on} set ${sql.raw(assignments.join(', '))}`;
  },
  deleteRows: (table, source, key) => {
    const matches = key.map((column) => `t.${column} = v.${column}`);
    return sql`delete t from ${source} straight_join ${table} as t on ${sql.raw(matches.join(' and '))}`;
  },
  keepGreatest: (table, _key, column) =>
    sql`on duplicate key update ${sql.ref(column)} =
      greatest(${table}.${sql.ref(column)}, values(${sql.ref(column)}))`,

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
  isMissingTable: (error) => errorField(error, 'errno') === 1146,
  checkServer,
  classify,
};

async function checkServer(db: Kysely<unknown>): Promise<void> {
  const found = await sql<{ version: string; mode: string; charsets: string; autocommit: number }>`
    select version() as version, @@sql_mode as mode, @@autocommit as autocommit,
      concat_ws(' ', @@character_set_client, @@character_set_connection, @@character_set_results) as charsets`.execute(
    db,
  );
  const { version, mode, charsets, autocommit } = found.rows[0] ?? {
    version: '',
    mode: '',
    charsets: '',
    autocommit: 1,
  };
  if (!isRecent(version)) throw new Error(`MySQL 8 or MariaDB 10.6 is needed, and the server is ${version}`);
  if (charsets !== 'utf8mb4 utf8mb4 utf8mb4') {
    throw new Error(`the pool's charset must be utf8mb4, and its connections have ${charsets}`);
  }
  if (autocommit !== 1) throw new Error("the pool's connections must have autocommit on");
  if (mode.split(',').includes('NO_BACKSLASH_ESCAPES')) {
    throw new Error(
      "the pool's connections must not have the sql_mode NO_BACKSLASH_ESCAPES: mysql2 escapes with backslashes",
    );
  }
}

/** `JSON_TABLE` and window functions: MySQL 8.0, MariaDB 10.6. */
function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  if (!/mariadb/i.test(version)) return major >= 8;
  return major > 10 || (major === 10 && minor >= 6);
}

/**
 * Errors that may pass: 1020 record changed, 1021 disk full, 1040 1203 1226 too many connections, 1053 1077 1079 shutting
 * down, 1158–1161 network, 1180 commit failed, 1205 lock timeout, 1213 deadlock, 1290 1836 read only (a replica, after a
 * failover), 1317 interrupted, 1927 killed, 1969 3024 statement timeout, 4031 idle too long.
 */
const PASSING = new Set([
  1020, 1021, 1040, 1053, 1077, 1079, 1158, 1159, 1160, 1161, 1180, 1203, 1205, 1213, 1226, 1290, 1317, 1836, 1927,
  1969, 3024, 4031,
]);
const DUPLICATE_KEY = 1062;

/** Errors of `mysql2` itself. */
const LOST_CODE = /^PROTOCOL_(CONNECTION_LOST|SEQUENCE_TIMEOUT|ENQUEUE_AFTER_FATAL_ERROR)$/;
const LOST = /connection is in closed state|Connection lost|Queue limit reached|No connections available/;

function classify(error: unknown): SqlErrorClass {
  const errno = errorField(error, 'errno');
  if (errno === DUPLICATE_KEY) return { kind: 'unique' };
  if (PASSING.has(errno as number) || isNetworkError(error)) return { kind: 'unavailable' };
  const code = errorField(error, 'code');
  if (typeof code === 'string' && LOST_CODE.test(code)) return { kind: 'unavailable' };
  return error instanceof Error && LOST.test(error.message) ? { kind: 'unavailable' } : { kind: 'defect' };
}
