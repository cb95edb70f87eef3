import type { ConflictOutcome } from '@tidemark/core';
import type { Kysely, RawBuilder } from 'kysely';
import type { RowSet } from './row-set.ts';
import type { ColumnType, TableSpec } from './schema.ts';
import type { TableNames } from './table-names.ts';

/**
 * SqlDialect: what differs between SQL engines, and nothing else. To whoever adds one:
 *
 *  - Ids are compared and sorted byte by byte: no case folding, no language rules.
 *  - Text comes back code unit by code unit; integers up to 2^53 come back as JS numbers.
 *  - Statements see the row set under the alias `v` and the table they change under the alias `t`.
 */
export interface SqlDialect {
  /** For errors and logs. */
  readonly name: string;

  // ── Schema ──
  readonly columnTypes: Readonly<Record<ColumnType, string>>;
  /** What follows the closing parenthesis of `create table`. */
  tableOptions(table: TableSpec): string;
  /** `inside` the `create table`, for engines whose `create index` cannot be repeated; or as statements of their own. */
  readonly indexes: 'inside' | 'apart';

  /** Whether a table of the connection's schema has the index; for engines whose `create index` cannot be repeated. */
  hasIndex?(db: Kysely<unknown>, table: string, index: string): Promise<boolean>;

  // ── Sets of rows ──
  /** The table expression, alias and columns included: `… as v`. Its placeholders take {@link rowParameters}. */
  rowSource(set: RowSet): RawBuilder<unknown>;
  rowParameters(set: RowSet): unknown[];
  /**
   * Characters of one set; larger ones go in pieces, what is written in one transaction. It may change with every connection that
   * is made, and is asked for once the connection is there.
   */
  readonly maxSetChars: number;

  // ── Statements ──
  /** Sets columns of `t` from `v` where `on` holds; must start from `v` and reach `t` by its keys. */
  update(statement: {
    readonly table: RawBuilder<unknown>;
    readonly source: RawBuilder<unknown>;
    readonly on: RawBuilder<unknown>;
    /** Column → expression. */
    readonly set: Readonly<Record<string, string>>;
  }): RawBuilder<unknown>;
  /** Removes the rows of `table` whose `key` is in `v`, where `guard` holds; always unless set. */
  deleteRows(
    table: RawBuilder<unknown>,
    source: RawBuilder<unknown>,
    key: readonly string[],
    guard?: RawBuilder<unknown>,
  ): RawBuilder<unknown>;
  /** What follows an `insert into t … select`, to keep the row with the greater `column` where `key` is taken, and `others` with it. */
  keepGreatest(
    table: RawBuilder<unknown>,
    key: readonly string[],
    column: string,
    others?: readonly string[],
  ): RawBuilder<unknown>;

  /**
   * The end of a look-up by a whole primary key, by its last column. Absent: an equation. Where planners that know little of a table may take
   * another index with the columns before it, and read all that have these, it is to be such that they take the key.
   */
  endOfKey?(column: RawBuilder<unknown>, value: RawBuilder<unknown>): RawBuilder<unknown>;

  /** The integer that a text is, compared and indexed as a column of type `int` is. */
  integerIn(text: RawBuilder<unknown>): RawBuilder<unknown>;

  // ── Behaviour ──
  /** The server's clock, in ms since 1970, as an expression. Absent: the engine has no other clock than this process. */
  readonly wallTime?: string;
  /** How a batch is written: one statement, or one transaction of several. */
  readonly write: WriteStrategy;
  /** Runs `work` while no other process does, over one connection. Used by migrations. */
  exclusively<T>(db: Kysely<unknown>, work: (db: Kysely<unknown>) => Promise<T>): Promise<T>;
  /** Whether a statement failed since a table, or its schema, is not there. */
  isMissingTable(error: unknown): boolean;
  /** Throws when the server or session is set up so that a promise above would be broken. Called at `open`. */
  checkServer(db: Kysely<unknown>): Promise<void>;
  /** Where a connection as the application makes it has its tables; absent where there is only one place. */
  currentSchema?(db: Kysely<unknown>): Promise<string>;
  classify(error: unknown): SqlErrorClass;
}

/**
 * `unique` a unique key is taken; `table` (with prefix) where the engine tells · `unavailable` may pass: connection lost,
 * restart, deadlock, disk busy · `defect` anything else.
 */
export type SqlErrorClass =
  | { readonly kind: 'unique'; readonly table?: string | undefined }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'defect' };

/** Network errors of Node, the same under every driver. */
const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOENT',
  'EMFILE',
  'ENFILE',
]);

/** Whether Node could not reach, or lost, the server. `ENOENT`: the Unix socket of a server that is down. */
export function isNetworkError(error: unknown): boolean {
  const code = errorField(error, 'code');
  return typeof code === 'string' && NETWORK_CODES.has(code);
}

/** A field of whatever was thrown. */
export function errorField(error: unknown, field: string): unknown {
  return typeof error === 'object' && error !== null ? (error as Record<string, unknown>)[field] : undefined;
}

/**
 * One table's share of a batch. Its statement takes the rows of `source`, the set or a part of it, and no other parameter, and happens
 * only if `guard` holds: a condition that always does, through which a statement can be made to wait for another.
 */
export interface Write {
  readonly name: string;
  /** What it means when a unique key of the table is taken. */
  readonly conflict: 'event' | 'entry';
  readonly set: RowSet;
  /** A row of the set that finds nothing to change, or to select, is a conflict, too. */
  readonly each?: 'changes' | 'selects';
  statement(
    dialect: SqlDialect,
    tables: TableNames,
    source: RawBuilder<unknown>,
    guard: RawBuilder<unknown>,
  ): RawBuilder<unknown>;
}

export interface WriteContext {
  readonly db: Kysely<unknown>;
  readonly dialect: SqlDialect;
  readonly tables: TableNames;
  /** Statement texts by the names of the writes in them; there are as many as combinations that occur. */
  readonly texts: Map<string, string>;
  /** `db` is a transaction of the caller's, who ends it. */
  readonly inTransaction?: boolean;
}

/** Writes all or nothing; a unique violation is an outcome, every other error is thrown as the driver threw it. */
export type WriteStrategy = (context: WriteContext, writes: readonly Write[]) => Promise<ConflictOutcome>;
