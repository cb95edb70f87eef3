import { type Register, registerKey, SHOWN_REGISTERS } from '@tidemark/core';
import { type RawBuilder, sql } from 'kysely';
import type { EventRow } from './event-row.ts';
import { fromRegisterRow, REGISTER_KEY, type RegisterRow } from './register-row.ts';
import type { RowShape } from './row-set.ts';
import type { TableNames } from './table-names.ts';

export const VIEW_SHAPE = { conversation_id: 'id', target_seq: 'int', viewer: 'id' } as const satisfies RowShape;
export const OWNED_SHAPE = {
  conversation_id: 'id',
  target_seq: 'int',
  name: 'id',
  register_key: 'id',
} as const satisfies RowShape;

const REGISTER_COLUMNS = [...REGISTER_KEY, 'value', 'seq'];
/** Under the names of an event's columns, in their order: a page of events holds its registers as further rows. */
const AS_EVENT = ['conversation_id', 'target_seq', 'owner', 'register_key', 'name', 'seq', 'value'];

/** Names of all that a page carries. */
export const SHOWN = Object.keys(SHOWN_REGISTERS);

/** Registers by their whole keys. */
export function registersAt(tables: TableNames, given: RawBuilder<unknown>): RawBuilder<RegisterRow> {
  return sql<RegisterRow>`select ${columnsOf('r', REGISTER_COLUMNS)} from ${given}
    join ${tables.registers} r on ${equal(REGISTER_KEY, 'r')}`;
}

/** What pages carry of the events in `given`, each for its viewer. */
export function shownRegisters(tables: TableNames, given: RawBuilder<unknown>): RawBuilder<RegisterRow> {
  return sql<RegisterRow>`${shownOf(tables, {
    columns: (alias) => columnsOf(alias, REGISTER_COLUMNS),
    from: given,
    place: sql`r.conversation_id = v.conversation_id and r.target_seq = v.target_seq`,
    viewer: sql`v.viewer`,
  })}`;
}

/** The same of the events of the page `w`, up to `end`, as rows of the page. */
export function registersOfPage(
  tables: TableNames,
  viewer: RawBuilder<unknown>,
  end: RawBuilder<unknown>,
): RawBuilder<unknown> {
  return shownOf(tables, {
    columns: (alias) => sql`w.place, null, null, ${columnsOf(alias, AS_EVENT)}`,
    from: sql`w`,
    place: sql`r.conversation_id = w.conversation_id and r.target_seq = w.conversation_seq and r.seq <= ${end}`,
    viewer,
  });
}

interface Shown {
  /** What is selected of the register with this alias. */
  readonly columns: (alias: 'r' | 'o') => RawBuilder<unknown>;
  readonly from: RawBuilder<unknown>;
  /** Where a register `r` is one of an event. */
  readonly place: RawBuilder<unknown>;
  readonly viewer: RawBuilder<unknown>;
}

/** Registers without an owner, and the viewer's own of what they count: each of these by its whole key, whoever else has one. */
function shownOf(tables: TableNames, { columns, from, place, viewer }: Shown): RawBuilder<unknown> {
  const select = (alias: 'r' | 'o', own: RawBuilder<unknown>, names: readonly string[]) => sql`
    select ${columns(alias)} from ${from} cross join ${tables.registers} r ${own}
    where ${place} and r.name ${oneOf(names)} and r.owner = ''`;
  const owned = Object.entries(SHOWN_REGISTERS).flatMap(([name, counted]) => {
    if (counted === null) return [];
    const own = sql`join ${tables.registers} o on o.conversation_id = r.conversation_id and o.target_seq = r.target_seq
      and o.name = ${sql.lit(counted)} and o.register_key = r.register_key and o.owner = ${viewer}`;
    return [select('o', own, [name])];
  });
  return sql.join([select('r', sql``, SHOWN), ...owned], sql` union all `);
}

/** The owned registers of each name and key in `given`, the newest `limit` of them. */
export function newestOwned(
  tables: TableNames,
  given: RawBuilder<unknown>,
  { before, limit }: { readonly before?: number | undefined; readonly limit: number },
): RawBuilder<RegisterRow> {
  const owned = (alias: string) => {
    const earlier = before === undefined ? sql`` : sql`and ${sql.ref(`${alias}.seq`)} < ${before}`;
    return sql`${equal(Object.keys(OWNED_SHAPE), alias)} and ${sql.ref(`${alias}.owner`)} <> '' ${earlier}`;
  };
  return sql<RegisterRow>`select ${columnsOf('r', REGISTER_COLUMNS)} from ${given} cross join ${tables.registers} r
    where ${owned('r')} and r.seq >= coalesce((
      select x.seq from ${tables.registers} x where ${owned('x')}
      order by x.seq desc limit 1 offset ${sql.lit(limit - 1)}), 0)`;
}

/** A register that stands as a row of a page of events. */
export function fromPageRow(row: EventRow): Register {
  return fromRegisterRow({
    conversation_id: row.conversation_id,
    target_seq: row.conversation_seq,
    owner: row.actor_id,
    register_key: row.command_id ?? '',
    name: row.type,
    seq: row.at,
    value: row.body,
  });
}

/** A key asked for twice is found twice; callers get it once. */
export function distinctRegisters(rows: readonly RegisterRow[]): Register[] {
  const registers = rows.map(fromRegisterRow);
  return [...new Map(registers.map((register) => [registerKey(register), register])).values()];
}

/** The comparison with these constants; an equation where there is one, which every planner knows what to do with. */
export function oneOf(values: readonly string[]): RawBuilder<unknown> {
  const [first, ...others] = values.map((value) => sql.lit(value));
  return others.length === 0 ? sql`= ${first}` : sql`in (${sql.join([first, ...others])})`;
}

function columnsOf(alias: string, columns: readonly string[]): RawBuilder<unknown> {
  return sql.raw(columns.map((column) => `${alias}.${column}`).join(', '));
}

/** Where these columns are those of `v`. */
function equal(columns: readonly string[], alias: string): RawBuilder<unknown> {
  return sql.raw(columns.map((column) => `${alias}.${column} = v.${column}`).join(' and '));
}
