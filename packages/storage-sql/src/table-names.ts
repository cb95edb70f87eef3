import { type RawBuilder, sql } from 'kysely';
import { SCHEMA, TABLE_PREFIX, type TableName } from './schema.ts';

/** The tables by their names in the database, quoted, with their schema where it is known. */
export type TableNames = Readonly<Record<TableName | 'migrations', RawBuilder<unknown>>> & {
  /** The one that was set. */
  readonly schema: string | undefined;
  /**
   * Where the tables are from now on, unless a schema was set: a connection that somebody left in another schema must not lead
   * to other tables.
   */
  pin(schema: string): void;
};

export function tableNames(schema?: string): TableNames {
  let place = schema;
  const names = {
    schema,
    pin: (found: string): void => {
      place = schema ?? found;
    },
  };
  for (const name of [...Object.keys(SCHEMA), 'migrations']) {
    const get = (): RawBuilder<unknown> =>
      place === undefined ? sql.id(TABLE_PREFIX + name) : sql.id(place, TABLE_PREFIX + name);
    Object.defineProperty(names, name, { get, enumerable: true });
  }
  return names as TableNames;
}
