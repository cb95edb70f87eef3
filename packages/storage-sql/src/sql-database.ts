import { type ConflictOutcome, type Epoch, type Survives, UnavailableError } from '@tidemark/core';
import { type Dialect, Kysely, type RawBuilder, sql } from 'kysely';
import { type MigrateMode, prepareStore, randomId } from './migrations.ts';
import { piecesOf, type RowSet } from './row-set.ts';
import type { SqlDialect, Write } from './sql-dialect.ts';
import { type TableNames, tableNames } from './table-names.ts';

export interface SqlDatabaseOptions {
  readonly dialect: SqlDialect;
  /** Kysely's way to the database. Called at each `open`; closing it must leave alone what the application handed in. */
  readonly connect: () => Dialect;
  /** Schema of the tables, where the engine has them; otherwise the connection's own. */
  readonly schema?: string | undefined;
  /** What a resolved write survives; `machine` unless set. */
  readonly survives?: Survives | undefined;
  /** `run` unless set. */
  readonly migrate?: MigrateMode | undefined;
}

/** A database that both roles may share: opened once, closed once, errors told apart in one place. */
export class SqlDatabase {
  readonly dialect: SqlDialect;
  readonly tables: TableNames;
  readonly survives: Survives;
  readonly #connect: () => Dialect;
  readonly #migrate: MigrateMode;
  readonly #texts = new Map<string, string>();
  #opening: Promise<void> | undefined;
  #db: Kysely<unknown> | undefined;
  #epoch: Epoch | undefined;

  constructor(options: SqlDatabaseOptions) {
    this.dialect = options.dialect;
    this.tables = tableNames(options.schema);
    this.survives = options.survives ?? 'machine';
    this.#connect = options.connect;
    this.#migrate = migrateModeOf(options.migrate);
  }

  /** Connects, checks the server, migrates. Again after a failure or a `close` it starts anew. */
  open(): Promise<void> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #open(): Promise<void> {
    const db = await this.#attempt(async () => new Kysely<unknown>({ dialect: this.#connect() }));
    try {
      await this.#attempt(() => this.dialect.checkServer(db));
      const place = await this.#attempt(async () => this.dialect.currentSchema?.(db));
      if (place !== undefined) this.tables.pin(place);
      this.#texts.clear();
      this.#epoch = (await this.#attempt(() => prepareStore(db, this.dialect, this.tables, this.#migrate))) as Epoch;
      this.#db = db;
    } catch (error) {
      await db.destroy();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => {});
    const db = this.#db;
    this.#db = undefined;
    this.#opening = undefined;
    await db?.destroy();
  }

  get epoch(): Epoch {
    if (this.#epoch === undefined) throw new Error(`${this.dialect.name} storage: open() it first`);
    return this.#epoch;
  }

  async renewEpoch(): Promise<Epoch> {
    const epoch = randomId() as Epoch;
    await this.changed(sql`update ${this.tables.meta} set value = ${epoch} where name = 'epoch'`);
    this.#epoch = epoch;
    return epoch;
  }

  /** What belongs to the whole store, by name. */
  async meta(name: string): Promise<string | undefined> {
    const [row] = await this.rows(sql<{ value: string }>`select value from ${this.tables.meta} where name = ${name}`);
    return row?.value;
  }

  /** Sets it where it is absent, and returns what stands: of several processes the first decides. */
  async metaOnce(name: string, value: string): Promise<string> {
    const known = await this.meta(name);
    if (known !== undefined) return known;
    try {
      await this.changed(sql`insert into ${this.tables.meta} (name, value) values (${name}, ${value})`);
      return value;
    } catch (error) {
      const winner = this.dialect.classify(error).kind === 'unique' ? await this.meta(name) : undefined;
      if (winner === undefined) throw error;
      return winner;
    }
  }

  /** What the server's clock shows; absent where it has none of its own. */
  get wallTime(): (() => Promise<number>) | undefined {
    const { wallTime } = this.dialect;
    if (wallTime === undefined) return undefined;
    return async () => {
      const [row] = await this.rows(sql<{ now: number }>`select ${sql.raw(wallTime)} as now`);
      return Number(row?.now);
    };
  }

  rows<T>(query: RawBuilder<T>): Promise<T[]> {
    return this.#attempt(async () => (await query.execute(this.#opened())).rows);
  }

  /** The same for a query that takes a set of rows: one for each part of the set that fits in a statement. */
  rowsFor<T>(set: RowSet, query: (source: RawBuilder<unknown>) => RawBuilder<T>): Promise<T[]> {
    return this.#inPieces(set, async (source, db) => (await query(source).execute(db)).rows);
  }

  /** How many rows the statements changed, of which each takes a part of the set. */
  async changedFor(set: RowSet, statement: (source: RawBuilder<unknown>) => RawBuilder<unknown>): Promise<number> {
    const counts = await this.#inPieces(set, async (source, db) => [
      Number((await statement(source).execute(db)).numAffectedRows ?? 0n),
    ]);
    return counts.reduce((sum, count) => sum + count, 0);
  }

  #inPieces<T>(set: RowSet, run: (source: RawBuilder<unknown>, db: Kysely<unknown>) => Promise<T[]>): Promise<T[]> {
    const { dialect } = this;
    if (set.rows.length === 0) return Promise.resolve([]);
    const all = async (db: Kysely<unknown>): Promise<T[]> => {
      const results: T[] = [];
      for (const piece of piecesOf(set, dialect.maxSetChars)) {
        for (const result of await run(dialect.rowSource(piece), db)) results.push(result);
      }
      return results;
    };
    return this.#attempt(() => this.#opened().connection().execute(all));
  }

  /** How many rows the statement changed. */
  changed(query: RawBuilder<unknown>): Promise<number> {
    return this.#attempt(async () => Number((await query.execute(this.#opened())).numAffectedRows ?? 0n));
  }

  /** Writes all or nothing. */
  async write(writes: readonly Write[]): Promise<ConflictOutcome> {
    if (writes.length === 0) return { conflict: undefined };
    const { dialect, tables } = this;
    return this.#attempt(() => dialect.write({ db: this.#opened(), dialect, tables, texts: this.#texts }, writes));
  }

  /** Writes the batches, one after the other, and takes all of it back. Throws what a commit of them would meet. */
  async probe(batches: readonly (readonly Write[])[]): Promise<void> {
    const { dialect, tables } = this;
    const takenBack = new Error('a probe is taken back');
    const work = async (db: Kysely<unknown>): Promise<never> => {
      for (const writes of batches) {
        const context = { db, dialect, tables, texts: this.#texts, inTransaction: true };
        const { conflict } = await dialect.write(context, writes);
        if (conflict !== undefined) throw new Error(`${dialect.name}: the rows of a probe were taken`);
      }
      throw takenBack;
    };
    await this.#attempt(() =>
      this.#opened()
        .transaction()
        .execute(work)
        .catch((error: unknown) => {
          if (error !== takenBack) throw error;
        }),
    );
  }

  #opened(): Kysely<unknown> {
    if (!this.#db) throw new Error(`${this.dialect.name} storage: open() it first`);
    return this.#db;
  }

  /** Turns what may pass into an UnavailableError. */
  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (this.dialect.classify(error).kind !== 'unavailable') throw error;
      throw new UnavailableError(`${this.dialect.name}: ${messageOf(error)}`, { cause: error });
    }
  }
}

function migrateModeOf(given: unknown): MigrateMode {
  if (given === undefined || given === 'run') return 'run';
  if (given === 'check') return given;
  throw new TypeError("migrate must be 'run' or 'check'");
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || String((error as { code?: unknown }).code ?? error.name);
}
