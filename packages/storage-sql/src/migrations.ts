import { type Kysely, sql } from 'kysely';
import { SCHEMA, TABLE_PREFIX, type TableName, type TableSpec } from './schema.ts';
import type { SqlDialect } from './sql-dialect.ts';
import type { TableNames } from './table-names.ts';

/**
 * The steps that bring a store up to date, oldest first; a step's number is its place. Steps are only ever added, and
 * each can be repeated: where schema changes are not transactional, a crash may leave one half done.
 */
const STEPS: readonly ((store: MigratedStore) => Promise<void>)[] = [
  createTables,
  (store) => insertOnce(store, 'epoch', randomId()),
  (store) => createTable(store, 'unsettled'),
  (store) => insertOnce(store, 'identity', randomId()),
  (store) => createTable(store, 'refusals'),
];

interface MigratedStore {
  readonly db: Kysely<unknown>;
  readonly dialect: SqlDialect;
  readonly tables: TableNames;
}

/** Runs the steps that are missing, alone among all processes, and returns the store's epoch. */
export async function migrate(db: Kysely<unknown>, dialect: SqlDialect, tables: TableNames): Promise<string> {
  return dialect.exclusively(db, async (connection) => {
    if (tables.schema !== undefined)
      await sql`create schema if not exists ${sql.id(tables.schema)}`.execute(connection);
    await sql`create table if not exists ${tables.migrations} (version ${sql.raw(dialect.columnTypes.int)} primary key)`.execute(
      connection,
    );
    const applied = await sql<{ version: number }>`select version from ${tables.migrations}`.execute(connection);
    const versions = new Set(applied.rows.map((row) => row.version));
    for (const [index, step] of STEPS.entries()) {
      if (versions.has(index + 1)) continue;
      await step({ db: connection, dialect, tables });
      await sql`insert into ${tables.migrations} (version) values (${index + 1})`.execute(connection);
    }
    const meta = await sql<{ value: string }>`select value from ${tables.meta} where name = 'epoch'`.execute(
      connection,
    );
    const epoch = meta.rows[0]?.value;
    if (epoch === undefined) throw new Error(`${TABLE_PREFIX}meta has lost its epoch`);
    return epoch;
  });
}

async function createTables(store: MigratedStore): Promise<void> {
  for (const name of Object.keys(SCHEMA) as TableName[]) await createTable(store, name);
}

async function createTable({ db, dialect, tables }: MigratedStore, name: TableName): Promise<void> {
  const spec: TableSpec = SCHEMA[name];
  const parts = Object.entries(spec.columns).map(([column, declared]) => {
    const nullable = declared.endsWith('?');
    const type = dialect.columnTypes[declared.replace('?', '') as keyof SqlDialect['columnTypes']];
    return `${column} ${type}${nullable ? '' : ' not null'}`;
  });
  parts.push(`primary key (${spec.primaryKey.join(', ')})`);
  for (const columns of spec.unique ?? []) parts.push(`unique (${columns.join(', ')})`);
  const indexes = (spec.indexes ?? []).map((columns) => ({
    name: `${TABLE_PREFIX}${name}_${columns.join('_')}`,
    columns: columns.join(', '),
  }));
  if (dialect.indexes === 'inside') for (const index of indexes) parts.push(`index ${index.name} (${index.columns})`);
  await sql`create table if not exists ${tables[name]} (${sql.raw(parts.join(', '))}) ${sql.raw(dialect.tableOptions(spec))}`.execute(
    db,
  );
  if (dialect.indexes === 'inside') return;
  for (const index of indexes) {
    await sql`create index if not exists ${sql.id(index.name)} on ${tables[name]} (${sql.raw(index.columns)})`.execute(
      db,
    );
  }
}

function randomId(): string {
  return crypto.randomUUID().replaceAll('-', '');
}

/** What belongs to the whole store; the first value stands. */
async function insertOnce({ db, tables }: MigratedStore, name: string, value: string): Promise<void> {
  const known = await sql`select value from ${tables.meta} where name = ${name}`.execute(db);
  if (known.rows.length > 0) return;
  await sql`insert into ${tables.meta} (name, value) values (${name}, ${value})`.execute(db);
}
