import { DeploymentError } from '@tidemark/core';
import { type Kysely, sql } from 'kysely';
import {
  FIRST_TABLES,
  REFUSALS,
  REGISTERS,
  REGISTERS_BY_OWNER,
  REGISTERS_BY_SEQ,
  TABLE_PREFIX,
  type TableName,
  type TableSpec,
  UNSETTLED,
} from './schema.ts';
import type { SqlDialect } from './sql-dialect.ts';
import type { TableNames } from './table-names.ts';

/**
 * The steps that bring a store up to date, oldest first; a step's number is its place. Steps are only ever added, and
 * each can be repeated: where schema changes are not transactional, a crash may leave one half done.
 */
const STEPS: readonly ((store: MigratedStore) => Promise<void>)[] = [
  (store) => createTables(store, FIRST_TABLES),
  (store) => insertOnce(store, 'epoch', randomId()),
  (store) => createTables(store, UNSETTLED),
  (store) => insertOnce(store, 'identity', randomId()),
  (store) => createTables(store, REFUSALS),
  (store) => createTables(store, REGISTERS),
  (store) => createIndex(store, 'registers', REGISTERS_BY_SEQ),
  (store) => createIndex(store, 'registers', REGISTERS_BY_OWNER),
];

interface MigratedStore {
  readonly db: Kysely<unknown>;
  readonly dialect: SqlDialect;
  readonly tables: TableNames;
}

/**
 * A process must know so many steps to use a store that this version has migrated: those before it don't mix with it. One that knows
 * no registers writes none, and has no command that would.
 */
const NEEDED = 5;

/** Who brings a store up to date: the process that opens it, or somebody else before. */
export type MigrateMode = 'run' | 'check';

/**
 * Sees to it that the store is up to date, and returns its epoch. One that is needs no right but to read and write rows.
 *
 * @throws DeploymentError when it is not and `mode` is `check`, and when it is newer than this process can use
 */
export async function prepareStore(
  db: Kysely<unknown>,
  dialect: SqlDialect,
  tables: TableNames,
  mode: MigrateMode,
): Promise<string> {
  const store = { db, dialect, tables };
  const before = await stateOf(store);
  requireKnown(before);
  if (isCurrent(before)) return epochIn(before);
  if (mode === 'check') {
    throw new DeploymentError(
      [{ what: "the number of the store's migrations", here: STEPS.length, there: before.versions.size }],
      "Open the storage once with migrate: 'run', on a connection that may make tables, and close it.",
    );
  }
  return dialect.exclusively(db, async (connection) => {
    if (tables.schema !== undefined)
      await sql`create schema if not exists ${sql.id(tables.schema)}`.execute(connection);
    await sql`create table if not exists ${tables.migrations} (version ${sql.raw(dialect.columnTypes.int)} primary key)`.execute(
      connection,
    );
    const mine = { db: connection, dialect, tables };
    const versions = await versionsIn(mine);
    for (const [index, step] of STEPS.entries()) {
      if (versions.has(index + 1)) continue;
      await step(mine);
      await sql`insert into ${tables.migrations} (version) values (${index + 1})`.execute(connection);
    }
    const known = await metaIn(mine);
    await setMeta(mine, known, 'needs', NEEDED);
    return epochIn({ versions, meta: await metaIn(mine) });
  });
}

interface StoreState {
  /** Steps that were taken. */
  readonly versions: ReadonlySet<number>;
  readonly meta: ReadonlyMap<string, string>;
}

/** Nothing is there before the first migration. */
async function stateOf(store: MigratedStore): Promise<StoreState> {
  try {
    return { versions: await versionsIn(store), meta: await metaIn(store) };
  } catch (error) {
    if (!store.dialect.isMissingTable(error)) throw error;
    return { versions: new Set(), meta: new Map() };
  }
}

async function versionsIn({ db, tables }: MigratedStore): Promise<Set<number>> {
  const applied = await sql<{ version: number }>`select version from ${tables.migrations}`.execute(db);
  return new Set(applied.rows.map(({ version }) => Number(version)));
}

async function metaIn({ db, tables }: MigratedStore): Promise<Map<string, string>> {
  const found = await sql<{ name: string; value: string }>`select name, value from ${tables.meta}`.execute(db);
  return new Map(found.rows.map(({ name, value }) => [name, value]));
}

function isCurrent({ versions, meta }: StoreState): boolean {
  return STEPS.every((_, index) => versions.has(index + 1)) && Number(meta.get('needs') ?? 0) >= NEEDED;
}

/** A newer version says in the store how many steps one must know to be used beside it. */
function requireKnown({ versions, meta }: StoreState): void {
  const newest = Math.max(0, ...versions);
  if (newest <= STEPS.length || Number(meta.get('needs') ?? newest) <= STEPS.length) return;
  throw new DeploymentError(
    [{ what: "the number of the store's migrations", here: STEPS.length, there: newest }],
    'The store was migrated by a newer version, which this one cannot be used beside: update this process.',
  );
}

function epochIn({ meta }: StoreState): string {
  const epoch = meta.get('epoch');
  if (epoch === undefined) throw new Error(`${TABLE_PREFIX}meta has lost its epoch`);
  return epoch;
}

/** Raises a number of `meta`. */
async function setMeta(
  { db, tables }: MigratedStore,
  known: ReadonlyMap<string, string>,
  name: string,
  value: number,
): Promise<void> {
  const before = known.get(name);
  if (before === undefined) {
    await sql`insert into ${tables.meta} (name, value) values (${name}, ${String(value)})`.execute(db);
  } else if (Number(before) < value) {
    await sql`update ${tables.meta} set value = ${String(value)} where name = ${name}`.execute(db);
  }
}

async function createTables(store: MigratedStore, tables: Partial<Record<TableName, TableSpec>>): Promise<void> {
  for (const [name, spec] of Object.entries(tables)) await createTable(store, name as TableName, spec);
}

async function createTable({ db, dialect, tables }: MigratedStore, name: TableName, spec: TableSpec): Promise<void> {
  const parts = Object.entries(spec.columns).map(([column, declared]) => {
    const nullable = declared.endsWith('?');
    const type = dialect.columnTypes[declared.replace('?', '') as keyof SqlDialect['columnTypes']];
    return `${column} ${type}${nullable ? '' : ' not null'}`;
  });
  parts.push(`primary key (${spec.primaryKey.join(', ')})`);
  for (const columns of spec.unique ?? []) parts.push(`unique (${columns.join(', ')})`);
  const indexes = (spec.indexes ?? []).map((columns) => ({ name: `${name}_${columns.join('_')}`, columns }));
  if (dialect.indexes === 'inside') {
    for (const index of indexes) parts.push(`index ${TABLE_PREFIX}${index.name} (${index.columns.join(', ')})`);
  }
  await sql`create table if not exists ${tables[name]} (${sql.raw(parts.join(', '))}) ${sql.raw(dialect.tableOptions(spec))}`.execute(
    db,
  );
  if (dialect.indexes === 'inside') return;
  for (const index of indexes) await createIndex({ db, dialect, tables }, name, index);
}

/** Of a table that is there. */
async function createIndex(
  { db, dialect, tables }: MigratedStore,
  table: TableName,
  index: { readonly name: string; readonly columns: readonly string[] },
): Promise<void> {
  const name = TABLE_PREFIX + index.name;
  if (await dialect.hasIndex?.(db, TABLE_PREFIX + table, name)) return;
  const unlessThere = sql.raw(dialect.hasIndex ? '' : 'if not exists');
  await sql`create index ${unlessThere} ${sql.id(name)} on ${tables[table]} (${sql.raw(index.columns.join(', '))})`.execute(
    db,
  );
}

/** 32 hexadecimal digits. */
export function randomId(): string {
  return crypto.randomUUID().replaceAll('-', '');
}

/** What belongs to the whole store; the first value stands. */
async function insertOnce({ db, tables }: MigratedStore, name: string, value: string): Promise<void> {
  const known = await sql`select value from ${tables.meta} where name = ${name}`.execute(db);
  if (known.rows.length > 0) return;
  await sql`insert into ${tables.meta} (name, value) values (${name}, ${value})`.execute(db);
}
