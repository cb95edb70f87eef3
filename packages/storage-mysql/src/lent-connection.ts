import { errorField, isNetworkError } from '@tidemark/storage-sql';
import type { MysqlConnection, MysqlPool, MysqlQuery } from './mysql-pool.ts';
import type { ServerLimits } from './server-limits.ts';

/** What all connections of a storage share. */
export class Lending {
  readonly warn: (warning: string) => void;
  readonly limits: ServerLimits;
  readonly #seen = new WeakSet<MysqlConnection>();
  /** MariaDB before 11.1 has the session's transaction variables under their old names alone. */
  #prefix = 'transaction';

  constructor(options: { warn: (warning: string) => void; limits: ServerLimits }) {
    this.warn = options.warn;
    this.limits = options.limits;
  }

  /**
   * A connection of the pool that is as a storage needs it. One that somebody left otherwise is thrown away, and another taken: in a
   * transaction that nobody ends what is written is not stored, and what is read is old. So is one that was lost while it idled.
   *
   * @throws WrongConnectionError when the pool has none; what the driver said when the server cannot be reached
   */
  async lend(pool: MysqlPool): Promise<MysqlConnection> {
    let wrong = '';
    for (let thrown = 0; thrown < THROWN_AWAY; thrown += 1) {
      const connection = await taken(pool);
      try {
        wrong = await this.#whatIsWrong(connection);
        if (wrong === '') return connection;
      } catch (error) {
        connection.destroy();
        if (isLost(error)) continue;
        throw error;
      }
      this.warn(`mysql: a connection of the pool ${wrong}; it was thrown away`);
      connection.destroy();
    }
    throw new WrongConnectionError(wrong === '' ? 'is lost before it is used' : wrong);
  }

  /**
   * One question, whose answer says two things: the state of the session by failing where a variable is not as it must be, and that
   * of the transaction by the flags that come with success.
   */
  async #whatIsWrong(connection: MysqlConnection): Promise<string> {
    await this.#readLimits(connection);
    const isRight = REQUIRED.map(([variable, condition]) => `@@${this.#named(variable)} ${condition}`).join(' and ');
    try {
      const flags = errorField(
        await ask(connection, `set @tidemark_state = if(${isRight}, 0, (select 1 union select 2))`),
        'serverStatus',
      );
      return whatFlagsSay(Number(flags ?? AUTOCOMMIT));
    } catch (error) {
      const errno = errorField(error, 'errno');
      if (errno === UNKNOWN_VARIABLE && this.#prefix !== 'tx') {
        this.#prefix = 'tx';
        return this.#whatIsWrong(connection);
      }
      if (errno !== MORE_THAN_ONE_ROW) throw error;
      return this.#whichVariable(connection);
    }
  }

  async #whichVariable(connection: MysqlConnection): Promise<string> {
    const columns = REQUIRED.map(([variable, condition]) => {
      const name = this.#named(variable);
      const must = condition.replaceAll("'", "''");
      return `if(@@${name} ${condition}, null, concat('${name} = ', ifnull(@@${name}, 'null'), ' (must be ${must})'))`;
    });
    const [row] = (await ask(connection, `select concat_ws(', ', ${columns.join(', ')}) as wrong`)) as {
      wrong: string;
    }[];
    return `has ${row?.wrong}`;
  }

  #named(variable: string): string {
    return variable.replace(/^transaction/, this.#prefix);
  }

  async #readLimits(connection: MysqlConnection): Promise<void> {
    if (this.#seen.has(connection)) return;
    const [row] = (await ask(connection, 'select @@max_allowed_packet as bytes')) as { bytes: number }[];
    this.limits.found(Number(row?.bytes));
    this.#seen.add(connection);
  }
}

/** The pool has connections that are not as a storage needs them, and makes no others. */
export class WrongConnectionError extends Error {
  override readonly name = 'WrongConnectionError';

  constructor(wrong: string) {
    super(`each connection of the pool ${wrong}`);
  }
}

/** Connections that are thrown away, one after the other, before the pool counts as unavailable. */
const THROWN_AWAY = 100;

const UNKNOWN_VARIABLE = 1193;
const MORE_THAN_ONE_ROW = 1242;

/**
 * Variables of the session that a promise depends on. Dirty reads would show what is not stored yet; without unique checks InnoDB may
 * take a key twice; a limit of rows cuts answers short in silence; another charset changes texts.
 */
const REQUIRED = [
  ['autocommit', '= 1'],
  ['transaction_isolation', "<> 'READ-UNCOMMITTED'"],
  ['transaction_read_only', '= 0'],
  ['unique_checks', '= 1'],
  ['sql_select_limit', '> 1000000000'],
  ['character_set_client', "= 'utf8mb4'"],
  ['character_set_connection', "= 'utf8mb4'"],
  ['character_set_results', "<=> 'utf8mb4'"],
] as const;

/** Flags of the server's answer to a statement without rows. */
const IN_TRANSACTION = 1;
const AUTOCOMMIT = 2;
const NO_BACKSLASH_ESCAPES = 0x200;

/** What they say is wrong; nothing where all is well. */
export function whatFlagsSay(flags: number): string {
  if ((flags & IN_TRANSACTION) !== 0) return 'has a transaction that somebody began and did not end';
  if ((flags & AUTOCOMMIT) === 0) return 'has autocommit off';
  if ((flags & NO_BACKSLASH_ESCAPES) !== 0) return 'has the sql_mode NO_BACKSLASH_ESCAPES';
  return '';
}

function taken(pool: MysqlPool): Promise<MysqlConnection> {
  return new Promise((resolve, reject) => {
    pool.getConnection((error, connection) => {
      if (error) reject(error);
      else resolve(connection);
    });
  });
}

function ask(connection: MysqlConnection, sql: string): Promise<unknown> {
  const query: MysqlQuery = { sql, values: [], rowsAsArray: false, typeCast: (_, next) => next() };
  return new Promise((resolve, reject) => {
    connection.query(query, (error, result) => {
      if (error) reject(error);
      else resolve(result);
    });
  });
}

/** Errors of `mysql2` itself. */
const LOST_CODE = /^PROTOCOL_(CONNECTION_LOST|SEQUENCE_TIMEOUT|ENQUEUE_AFTER_FATAL_ERROR)$/;
const LOST = /connection is in closed state|Connection lost|Queue limit reached|No connections available/;
/** 1053 1079 shutting down, 1927 killed, 4031 idle too long. */
const ENDED: ReadonlySet<unknown> = new Set([1053, 1079, 1927, 4031]);

/** Whether a connection, or the way to the server, was lost. */
export function isLost(error: unknown): boolean {
  const code = errorField(error, 'code');
  if (isNetworkError(error) || ENDED.has(errorField(error, 'errno'))) return true;
  if (typeof code === 'string' && LOST_CODE.test(code)) return true;
  return error instanceof Error && LOST.test(error.message);
}
