import {
  errorField,
  isNetworkError,
  type RowSet,
  rowsAsColumns,
  type SqlDialect,
  type SqlErrorClass,
  writeInOneStatement,
} from '@tidemark/storage-sql';
import { type Kysely, sql } from 'kysely';

const ARRAY_TYPES = { id: 'text[]', int: 'bigint[]', text: 'text[]' } as const;

/** Any number that no other user of advisory locks is likely to take: "tide" in ASCII. */
const MIGRATION_LOCK = 0x74696465;

/** Postgres: a set of rows is one array per column; a commit is one statement. */
export const postgresDialect: SqlDialect = {
  name: 'postgres',

  columnTypes: { id: 'text collate "C"', int: 'bigint', text: 'text' },
  tableOptions: () => '',
  indexes: 'apart',

  rowSource: (set) => {
    const values = rowsAsArrays(set);
    const columns = Object.entries(set.shape);
    const arrays = columns.map(([, type], index) => sql`${sql.val(values[index])}::${sql.raw(ARRAY_TYPES[type])}`);
    return sql`unnest(${sql.join(arrays)}) as v (${sql.raw(columns.map(([column]) => column).join(', '))})`;
  },
  rowParameters: rowsAsArrays,
  maxSetChars: Number.POSITIVE_INFINITY,

  update: ({ table, source, on, set }) => {
    const assignments = Object.entries(set).map(([column, value]) => `${column} = ${value}`);
    return sql`update ${table} as t set ${sql.raw(assignments.join(', '))} from ${source} where ${on}`;
  },
  deleteRows: (table, source, key, guard = sql`true`) => {
    const matches = key.map((column) => `t.${column} = v.${column}`);
    return sql`delete from ${table} as t using ${source} where ${sql.raw(matches.join(' and '))} and ${guard}`;
  },
  keepGreatest: (table, key, column, others = []) => {
    const assignments = [column, ...others].map((each) => `${each} = excluded.${each}`);
    return sql`on conflict (${sql.raw(key.join(', '))}) do update set ${sql.raw(assignments.join(', '))}
      where excluded.${sql.ref(column)} > ${table}.${sql.ref(column)}`;
  },

  // In the order of the key, which another index does not have: it would have to be sorted.
  endOfKey: (column, value) => sql`${column} >= ${value} and ${column} <= ${value} order by ${column} limit 1`,

  integerIn: (text) => sql`cast(${text} as bigint)`,

  wallTime: 'floor(extract(epoch from clock_timestamp()) * 1000)::bigint',
  write: writeInOneStatement,
  exclusively: <T>(db: Kysely<unknown>, work: (db: Kysely<unknown>) => Promise<T>): Promise<T> =>
    db.transaction().execute(async (transaction) => {
      await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(transaction);
      return work(transaction);
    }),
  currentSchema: async (db) => {
    const found = await sql<{ name: string | null }>`select current_schema() as name`.execute(db);
    const name = found.rows[0]?.name;
    if (!name) throw new Error("no schema of the connection's search_path exists: name one with the option schema");
    return name;
  },
  isMissingTable: (error) => ['42P01', '3F000'].includes(String(errorField(error, 'code'))),
  checkServer: async (db) => {
    const found = await sql<{ encoding: string }>`select current_setting('server_encoding') as encoding`.execute(db);
    const encoding = found.rows[0]?.encoding;
    if (encoding !== 'UTF8') throw new Error(`the Postgres database must be encoded in UTF8, and is in ${encoding}`);
  },
  classify,
};

/**
 * One array per column, as its text for Postgres. The driver would write the same text, value by value through every type it
 * knows: of what a large group costs, a tenth.
 * Source: Postgres, "Arrays", Array Input and Output Syntax.
 */
export function rowsAsArrays(set: RowSet): string[] {
  return rowsAsColumns(set).map((column) => `{${column.map(elementOf).join(',')}}`);
}

function elementOf(value: string | number | null): string | number {
  if (value === null) return 'NULL';
  if (typeof value === 'number') return value;
  return SPECIAL.test(value) ? `"${value.replace(ALL_SPECIAL, '\\$&')}"` : `"${value}"`;
}

const SPECIAL = /["\\]/;
const ALL_SPECIAL = /["\\]/g;

/**
 * SQLSTATEs that may pass. Classes: 08 connection, 53 resources (connections, disk, memory), 57P server stopping or
 * starting. Codes: 25006 read only (a standby, after a failover), 40001 serialisation, 40P01 deadlock, 55P03 lock timeout,
 * 57014 statement timeout, 57P05 idle session timeout, 58030 input or output. Of the connection, which is thrown away: 25P02
 * in a failed transaction, 25P03 25P04 transaction timeouts, 26000 42P05 prepared statements that somebody dropped or made.
 */
const PASSING = /^(08...|53...|57P0[1-5]|25006|25P0[2-4]|26000|40001|40P01|42P05|55P03|57014|58030)$/;

/** Errors of `pg` and its pool that carry no code. */
const LOST =
  /Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|not queryable|Client was closed/;

function classify(error: unknown): SqlErrorClass {
  const code = errorField(error, 'code');
  if (code === '23505') return { kind: 'unique', table: errorField(error, 'table') as string | undefined };
  if (typeof code === 'string' && PASSING.test(code)) return { kind: 'unavailable' };
  if (isNetworkError(error)) return { kind: 'unavailable' };
  if (code === undefined && error instanceof Error && LOST.test(error.message)) return { kind: 'unavailable' };
  return { kind: 'defect' };
}
