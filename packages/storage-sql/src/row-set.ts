import type { ColumnType } from './schema.ts';

/**
 * A set of rows that a statement takes as its input: however many rows, it is one table expression with a fixed number
 * of parameters, so that statement texts can be cached and a batch costs one round trip.
 */
export interface RowSet {
  readonly shape: RowShape;
  readonly rows: readonly Row[];
}

/** Column → type; values may be null whatever the type. The order is the order of the columns. */
export type RowShape = Readonly<Record<string, ColumnType>>;
export type Row = Readonly<Record<string, string | number | null>>;

/** Rows as an array of arrays, for engines that take a set of rows as one JSON text. */
export function rowsAsJson({ shape, rows }: RowSet): string {
  const columns = Object.keys(shape);
  return JSON.stringify(rows.map((row) => columns.map((column) => row[column] ?? null)));
}

/** One array per column, for engines that take arrays. */
export function rowsAsColumns({ shape, rows }: RowSet): (string | number | null)[][] {
  return Object.keys(shape).map((column) => rows.map((row) => row[column] ?? null));
}

/** Splits a set that would be too large for one statement. A row alone is never split. */
export function piecesOf({ shape, rows }: RowSet, maxChars: number): RowSet[] {
  const pieces: Row[][] = [];
  let size = 0;
  for (const row of rows) {
    const chars = charsOf(row);
    if (pieces.length === 0 || size + chars > maxChars) {
      pieces.push([]);
      size = 0;
    }
    size += chars;
    pieces.at(-1)?.push(row);
  }
  return pieces.map((piece) => ({ shape, rows: piece }));
}

function charsOf(row: Row): number {
  let chars = 0;
  for (const value of Object.values(row)) chars += typeof value === 'string' ? value.length + 8 : 16;
  return chars;
}
