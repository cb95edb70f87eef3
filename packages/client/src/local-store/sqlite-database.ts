/**
 * What is called of a SQLite driver: better-sqlite3, libsql and node:sqlite have it. Parameters are strings, numbers and null; to
 * TypeScript they are unknown, since before version 6 it does not find better-sqlite3's own type for them.
 */
export interface SqliteDatabase {
  prepare(sql: string): SqliteStatement;
  exec(sql: string): unknown;
}

export interface SqliteStatement {
  run(...parameters: unknown[]): { readonly changes: number | bigint };
  get(...parameters: unknown[]): unknown;
  all(...parameters: unknown[]): unknown[];
}

/** Primary result code of a driver's error, e.g. `SQLITE_FULL`; `undefined` for errors of other origin. */
export function sqliteCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  if (typeof code === 'string' && code.startsWith('SQLITE_')) return code.split('_').slice(0, 2).join('_');
  // node:sqlite gives the number, extended codes in the higher bytes.
  return typeof errcode === 'number' ? BY_NUMBER[errcode & 0xff] : undefined;
}

const BY_NUMBER: Readonly<Record<number, string>> = { 11: 'SQLITE_CORRUPT', 13: 'SQLITE_FULL', 26: 'SQLITE_NOTADB' };
