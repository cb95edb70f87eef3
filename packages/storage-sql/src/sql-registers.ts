import {
  type ConversationSeq,
  type OwnersQuery,
  type Register,
  registerKey,
  SHOWN_REGISTERS,
  type UserId,
} from '@tidemark/core';
import { type RawBuilder, sql } from 'kysely';
import type { EventRow } from './event-row.ts';
import { fromRegisterRow, REGISTER_KEY, type RegisterRow } from './register-row.ts';
import type { RowShape } from './row-set.ts';
import type { SqlDatabase } from './sql-database.ts';
import type { TableNames } from './table-names.ts';

export const VIEW_SHAPE = { conversation_id: 'id', target_seq: 'int', viewer: 'id' } as const satisfies RowShape;

const REGISTER_COLUMNS = [...REGISTER_KEY, 'value', 'seq'];
/** Under the names of an event's columns, in their order: a page of events holds its registers as further rows. */
const AS_EVENT = ['conversation_id', 'target_seq', 'owner', 'register_key', 'name', 'seq', 'value'];

/** Bytes of what a page carries of the event `e`, as far as it is of no later event than `end`. */
export function sizeOfShown(tables: TableNames, end: RawBuilder<unknown>): RawBuilder<unknown> {
  const sizes = Object.keys(SHOWN_REGISTERS).map(
    (name) => sql`coalesce((select sum(octet_length(g.value)) from ${tables.registers} g
      where g.conversation_id = e.conversation_id and g.target_seq = e.conversation_seq
        and g.name = ${sql.lit(name)} and g.owner = '' and g.seq <= ${end}), 0)`,
  );
  return sql.join(sizes, sql` + `);
}

/** Registers by their whole keys. */
export function registersAt(tables: TableNames, given: RawBuilder<unknown>): RawBuilder<RegisterRow> {
  return sql<RegisterRow>`select ${columnsOf('r', REGISTER_COLUMNS)} from ${given}
    join ${tables.registers} r on ${equal(REGISTER_KEY, 'r')}`;
}

/** What pages carry of the events in `given`, each for its viewer. */
export function shownRegisters(
  database: Place,
  given: RawBuilder<unknown>,
): RawBuilder<ShownRow & { readonly viewer: UserId }> {
  return sql`${shownOf(database, {
    columns: sql`v.viewer, ${columnsOf('r', REGISTER_COLUMNS)}`,
    from: given,
    place: sql`r.conversation_id = v.conversation_id and r.target_seq = v.target_seq`,
    viewer: sql`v.viewer`,
  })}`;
}

/** The same of the events of the page `w`, up to `end`, as rows of the page. */
export function registersOfPage(
  database: Place,
  viewer: RawBuilder<unknown>,
  end: RawBuilder<unknown>,
): RawBuilder<unknown> {
  return shownOf(database, {
    columns: sql`w.place, null, null, ${columnsOf('r', AS_EVENT)}`,
    from: sql`w`,
    place: sql`r.conversation_id = w.conversation_id and r.target_seq = w.conversation_seq and r.seq <= ${end}`,
    viewer,
  });
}

/** What statements are made for. */
type Place = Pick<SqlDatabase, 'dialect' | 'tables'>;

interface Shown {
  /** What is selected of the register `r`. */
  readonly columns: RawBuilder<unknown>;
  readonly from: RawBuilder<unknown>;
  /** Where a register `r` is one of an event. */
  readonly place: RawBuilder<unknown>;
  readonly viewer: RawBuilder<unknown>;
}

/**
 * Registers without an owner, and for those that count owned ones where the viewer's own was set. A statement for each name, and a look-up by
 * the whole key for each own one: planners that know nothing of the table read all owners where they may choose how.
 */
function shownOf({ dialect, tables }: Place, { columns, from, place, viewer }: Shown): RawBuilder<unknown> {
  const statements = Object.entries(SHOWN_REGISTERS).map(([name, counted]) => {
    const own =
      counted === null
        ? sql`0`
        : sql`coalesce((select o.seq from ${tables.registers} o where o.conversation_id = r.conversation_id
            and o.target_seq = r.target_seq and o.name = ${sql.lit(counted)} and o.register_key = r.register_key
            and ${dialect.endOfKey?.(sql`o.owner`, viewer) ?? sql`o.owner = ${viewer}`}), 0)`;
    return sql`select ${columns}, ${own} as own_seq from ${from} cross join ${tables.registers} r
      where ${place} and r.name = ${sql.lit(name)} and r.owner = ''`;
  });
  return sql.join(statements, sql` union all `);
}

export type ShownRow = RegisterRow & Own;

/** Where the viewer's own register of what is counted was set; 0: it is not. */
export interface Own {
  readonly own_seq: number;
}

/** A register, and with it the viewer's own, which is a switch that is on. */
export function fromShownRow(row: ShownRow, viewer: UserId): Register[] {
  const register = fromRegisterRow(row);
  const name = SHOWN_REGISTERS[register.name as keyof typeof SHOWN_REGISTERS];
  if (name === null || row.own_seq === 0) return [register];
  const { conversationId, target, key } = register;
  return [
    register,
    { conversationId, target, name, key, owner: viewer, value: true, seq: row.own_seq as ConversationSeq },
  ];
}

/** Groups in one statement of {@link newestOwned}: it has a part for each. */
export const GROUPS = 50;

/**
 * The owned registers of each of these names and keys, the newest `limit` of them: each in the order of the index by seq, which planners take
 * for its order where they know nothing of the table.
 */
export function newestOwned(tables: TableNames, { of, before, limit }: OwnersQuery): RawBuilder<RegisterRow> {
  const earlier = before === undefined ? sql`` : sql`and r.seq < ${before}`;
  const parts = of.map(
    ({ conversationId, target, name, key }, nth) => sql`select * from (
      select ${columnsOf('r', REGISTER_COLUMNS)} from ${tables.registers} r
      where r.conversation_id = ${conversationId} and r.target_seq = ${target} and r.name = ${name}
        and r.register_key = ${encodeURIComponent(key)} and r.owner <> '' ${earlier}
      order by r.seq desc limit ${limit}) ${sql.raw(`g${nth}`)}`,
  );
  return sql<RegisterRow>`${sql.join(parts, sql` union all `)}`;
}

/** A register that stands as a row of a page of events. */
export function fromPageRow(row: EventRow & Own, viewer: UserId): Register[] {
  const { conversation_id, own_seq } = row;
  const register = { register_key: row.command_id ?? '', name: row.type, seq: row.at, value: row.body };
  return fromShownRow(
    { conversation_id, target_seq: row.conversation_seq, owner: row.actor_id, ...register, own_seq },
    viewer,
  );
}

/** A key asked for twice is found twice; callers get it once. */
export function distinctRegisters(registers: readonly Register[]): Register[] {
  return [...new Map(registers.map((register) => [registerKey(register), register])).values()];
}

function columnsOf(alias: string, columns: readonly string[]): RawBuilder<unknown> {
  return sql.raw(columns.map((column) => `${alias}.${column}`).join(', '));
}

/** Where these columns are those of `v`. */
function equal(columns: readonly string[], alias: string): RawBuilder<unknown> {
  return sql.raw(columns.map((column) => `${alias}.${column} = v.${column}`).join(' and '));
}
