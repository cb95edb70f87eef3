import type { Document } from 'mongodb';
import pg from 'pg';
import { CommandError, CURSOR_NOT_FOUND, codeOf, TRANSIENT, unpackSqlState, WRITE_CONFLICT } from './command-error.ts';
import { decode } from './wire.ts';

/** Every column as the text Postgres sends, since the engine's types are none that the driver knows. */
const RAW: pg.CustomTypesConfig = { getTypeParser: () => (value: string) => value };

export type Row = Readonly<Record<string, string | null>>;
type Parameter = string | Buffer | boolean | null;

interface Cursor {
  /** The driver's connection that opened it. */
  readonly connectionId: number;
  continuation: Buffer;
  /** The connection that holds the cursor open, where it needs one. */
  readonly client: pg.PoolClient | undefined;
}

/** The DocumentDB engine behind its SQL functions: documents go in as BSON and come out as BSON. */
export class Engine {
  readonly pool: pg.Pool;
  readonly #cursors = new Map<string, Cursor>();

  constructor(url: string) {
    this.pool = new pg.Pool({ connectionString: url, max: 40 });
    // A connection that breaks while idle is replaced when one is needed; one that breaks in use fails its next statement.
    this.pool.on('error', () => {});
    this.pool.on('connect', (client) => client.on('error', () => {}));
  }

  /** Runs one statement, within the transaction of `client` if there is one, and returns its first row. */
  async row(client: pg.PoolClient | undefined, text: string, values: readonly Parameter[]): Promise<Row> {
    const { rows } = await (client ?? this.pool).query<Row>({ text, values: [...values], types: RAW });
    return rows[0] ?? {};
  }

  /** insert, update and delete. */
  async write(
    client: pg.PoolClient | undefined,
    command: string,
    values: readonly Parameter[],
  ): Promise<Buffer | Document> {
    const text = `SELECT p_result, p_success FROM documentdb_api.${command}($1, $2, $3, $4)`;
    const row = await this.row(client, text, values);
    const result = bytesOf(row.p_result);
    if (row.p_success === 't') return result;
    const document = decode(result);
    const errors = (document.writeErrors ?? []) as { code: number; errmsg: string }[];
    for (const error of errors) error.code = codeOf(unpackSqlState(Number(error.code)));
    const conflict = client && errors.find((error) => error.code === WRITE_CONFLICT);
    if (conflict) throw new CommandError(WRITE_CONFLICT, conflict.errmsg, TRANSIENT);
    return document;
  }

  /** The first page of find, aggregate and the like; the rest is kept for `nextPage`. */
  async firstPage(
    connectionId: number,
    transaction: pg.PoolClient | undefined,
    name: string,
    values: readonly Parameter[],
  ): Promise<Buffer> {
    const client = transaction ?? (await this.pool.connect());
    let keep = false;
    try {
      const columns = 'cursorpage, continuation, persistconnection, cursorid';
      const row = await this.row(client, `SELECT ${columns} FROM documentdb_api.${name}($1, $2)`, values);
      if (row.continuation != null && row.cursorid != null && row.cursorid !== '0') {
        keep = row.persistconnection === 't' && !transaction;
        const holder = keep ? client : transaction;
        this.#cursors.set(row.cursorid, { connectionId, continuation: bytesOf(row.continuation), client: holder });
        if (keep) this.#held.add(client);
      }
      return bytesOf(row.cursorpage);
    } finally {
      if (!transaction && !keep) client.release();
    }
  }

  async nextPage(id: string, values: readonly [string, Buffer]): Promise<Buffer> {
    const cursor = this.#cursors.get(id);
    if (!cursor) throw new CommandError(CURSOR_NOT_FOUND, `cursor id ${id} not found`);
    const text = 'SELECT cursorpage, continuation FROM documentdb_api.cursor_get_more($1, $2, $3)';
    const row = await this.row(cursor.client, text, [...values, cursor.continuation]);
    if (row.continuation == null) this.closeCursor(id);
    else cursor.continuation = bytesOf(row.continuation);
    return bytesOf(row.cursorpage);
  }

  /** Whether there was such a cursor. */
  closeCursor(id: string): boolean {
    const client = this.#cursors.get(id)?.client;
    // Closed rather than given back: the connection holds a cursor that nobody will read to its end.
    if (client && this.#held.delete(client)) client.release(true);
    return this.#cursors.delete(id);
  }

  /** Nobody will read on what a connection began that is gone, and kept, it would hold a connection of the engine for good. */
  closeCursorsOf(connectionId: number): void {
    for (const [id, cursor] of this.#cursors) if (cursor.connectionId === connectionId) this.closeCursor(id);
  }

  async close(): Promise<void> {
    for (const id of [...this.#cursors.keys()]) this.closeCursor(id);
    await this.pool.end();
  }

  /** Connections that are kept by a cursor, and not by a transaction. */
  readonly #held = new Set<pg.PoolClient>();
}

/** BSON as the engine prints it. */
export function bytesOf(text: string | null | undefined): Buffer {
  if (text == null) throw new Error('the engine returned nothing where it should have returned a document');
  return Buffer.from(text.replace(/^BSONHEX|^\\x/, ''), 'hex');
}
