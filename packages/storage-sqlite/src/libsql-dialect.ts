import { systemClock } from '@tidemark/core';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type QueryResult,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type SqliteStatement,
} from 'kysely';
import Database from 'libsql';

export interface LibsqlOptions {
  readonly path: string;
  /** Milliseconds. */
  readonly busyTimeoutMs: number;
}

/** As many prepared statements are kept; there are about two dozen in use. */
const KEPT_STATEMENTS = 100;
/**
 * Inboxes are written all over the file. With SQLite's defaults (2 MB of cache, a checkpoint every 4 MB of log) a batch of
 * 200 messages takes three times as long. The log beside the file grows to 32 MB.
 */
const CACHE_KIB = 32 * 1024;
const CHECKPOINT_PAGES = 8_000;
/** Milliseconds between two tries for the write lock. */
const BUSY_PAUSE = 2;

/**
 * Kysely on libsql, which speaks the interface Kysely's SQLite driver knows. Added to it:
 *  - prepared statements are kept;
 *  - transactions begin by taking the write lock, so that none fails half way because another process wrote in between;
 *  - the wait for that lock leaves the event loop free. SQLite's own wait would block it, and with it the very
 *    transaction waited for, when that is of the same process.
 */
export function libsqlDialect(options: LibsqlOptions): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createDriver: () => new LibsqlDriver(openDatabase(options), options.busyTimeoutMs),
  };
}

class LibsqlDriver extends SqliteDriver {
  readonly #database: Database.Database;
  readonly #busyTimeoutMs: number;

  constructor(database: Database.Database, busyTimeoutMs: number) {
    super({ database: keepStatements(database) });
    this.#database = database;
    this.#busyTimeoutMs = busyTimeoutMs;
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    const connection = await super.acquireConnection();
    return {
      executeQuery: (query) => this.#patiently(() => connection.executeQuery(query)),
      streamQuery: (query, chunkSize) => connection.streamQuery(query, chunkSize),
    };
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  /** SQLite ends a transaction by itself on some errors (a full disk); a rollback then would hide the first error. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#database.inTransaction) await super.rollbackTransaction(connection);
  }

  async #patiently<R>(run: () => Promise<QueryResult<R>>): Promise<QueryResult<R>> {
    const until = systemClock.monotonic() + this.#busyTimeoutMs;
    for (;;) {
      try {
        return await run();
      } catch (error) {
        const busy = error instanceof Error && String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY');
        if (!busy || systemClock.monotonic() >= until) throw error;
      }
      await systemClock.sleep(BUSY_PAUSE);
    }
  }
}

function openDatabase({ path, busyTimeoutMs }: LibsqlOptions): Database.Database {
  const database = new Database(path);
  try {
    // Turning a new file to WAL needs it alone for a moment; after that, waiting is the driver's.
    database.exec(`pragma busy_timeout = ${busyTimeoutMs}`);
    database.exec('pragma journal_mode = wal');
    database.exec('pragma synchronous = full');
    database.exec(`pragma cache_size = -${CACHE_KIB}`);
    database.exec(`pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    database.exec('pragma busy_timeout = 0');
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

function keepStatements(database: Database.Database): SqliteDatabase {
  const kept = new Map<string, SqliteStatement>();
  return {
    prepare: (text) => {
      let statement = kept.get(text);
      if (!statement) {
        if (kept.size >= KEPT_STATEMENTS) kept.clear();
        statement = plainStatement(database.prepare(text));
        kept.set(text, statement);
      }
      return statement;
    },
    close: () => {
      kept.clear();
      // Closing alone leaves up to 32 MB of log beside the file, and whoever copies the file would copy a part. Where it
      // fails (a full disk, another process at work) nothing is lost: the log stays, and is read at the next start.
      try {
        database.exec('pragma wal_checkpoint(truncate)');
      } catch {
        // As said.
      }
      database.close();
    },
  };
}

/** `reader` is asked for each time a statement runs; it never changes. */
function plainStatement(statement: Database.Statement): SqliteStatement {
  const { reader } = statement;
  return {
    reader,
    all: (parameters) => statement.all(parameters),
    run: (parameters) => statement.run(parameters),
    iterate: (parameters) => statement.iterate(parameters),
  };
}
