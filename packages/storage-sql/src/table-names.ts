import { type RawBuilder, sql } from 'kysely';
import { SCHEMA, TABLE_PREFIX, type TableName } from './schema.ts';

/** The tables by their names in the database, quoted, with their schema where one was set. */
export type TableNames = Readonly<Record<TableName | 'migrations', RawBuilder<unknown>>> & {
  readonly schema: string | undefined;
};

export function tableNames(schema?: string): TableNames {
  const named = (name: string): RawBuilder<unknown> =>
    schema === undefined ? sql.id(TABLE_PREFIX + name) : sql.id(schema, TABLE_PREFIX + name);
  const tables = Object.keys(SCHEMA).map((name) => [name, named(name)]);
  return { ...Object.fromEntries(tables), migrations: named('migrations'), schema } as TableNames;
}
