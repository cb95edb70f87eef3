import { errorField, rowsAsJson, type SqlDialect, type SqlErrorClass, writeInTransaction } from '@tidemark/storage-sql';
import { type Kysely, sql } from 'kysely';

/** SQLite: a set of rows is one JSON text; transactions take the write lock at once. */
export const sqliteDialect: SqlDialect = {
  name: 'sqlite',

  columnTypes: { id: 'text', int: 'integer', text: 'text' },
  tableOptions: (table) => (table.clustered ? 'strict, without rowid' : 'strict'),
  indexes: 'apart',

  rowSource: (set) => {
    const columns = Object.keys(set.shape).map((column, index) => `j.value->>${index} as ${column}`);
    return sql`(select ${sql.raw(columns.join(', '))} from json_each(${rowsAsJson(set)}) j) v`;
  },
  rowParameters: (set) => [rowsAsJson(set)],
  maxSetChars: Number.POSITIVE_INFINITY,

  update: ({ table, source, on, set }) => {
    const assignments = Object.entries(set).map(([column, value]) => `${column} = ${value}`);
    return sql`update ${table} as t set ${sql.raw(assignments.join(', '))} from ${source} where ${on}`;
  },
  deleteRows: (table, source, key, guard = sql`true`) => {
    const columns = sql.raw(key.join(', '));
    return sql`delete from ${table} where (${columns}) in (select ${columns} from ${source}) and ${guard}`;
  },
  keepGreatest: (table, key, column, others = []) => {
    const assignments = [column, ...others].map((each) => `${each} = excluded.${each}`);
    return sql`on conflict (${sql.raw(key.join(', '))}) do update set ${sql.raw(assignments.join(', '))}
      where excluded.${sql.ref(column)} > ${table}.${sql.ref(column)}`;
  },

  integerIn: (text) => sql`cast(${text} as integer)`,

  write: writeInTransaction,
  exclusively: <T>(db: Kysely<unknown>, work: (db: Kysely<unknown>) => Promise<T>): Promise<T> =>
    db.transaction().execute(work),
  checkServer: async (db) => {
    const found = await sql<{ synchronous: number }>`pragma synchronous`.execute(db);
    if (found.rows[0]?.synchronous !== SYNCHRONOUS_FULL) throw new Error('SQLite does not run with synchronous=FULL');
  },
  isMissingTable: (error) => error instanceof Error && error.message.includes('no such table'),
  classify,
};

const SYNCHRONOUS_FULL = 2;

/** What may pass: another process holds the lock, the disk is full or fails. */
const PASSING = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|NOMEM|INTERRUPT|PROTOCOL|CANTOPEN)/;

function classify(error: unknown): SqlErrorClass {
  const code = errorField(error, 'code');
  if (code === 'SQLITE_CONSTRAINT_PRIMARYKEY' || code === 'SQLITE_CONSTRAINT_UNIQUE') return { kind: 'unique' };
  return typeof code === 'string' && PASSING.test(code) ? { kind: 'unavailable' } : { kind: 'defect' };
}
