import { UnavailableError } from '@tidemark/core';
import { errorField } from '@tidemark/storage-sql';
import { type Dialect, MysqlDialect, type MysqlPoolConnection, type MysqlQueryResult } from 'kysely';
import { type Lending, whatFlagsSay } from './lent-connection.ts';
import type { MysqlConnection, MysqlPool, MysqlQuery, MysqlValue } from './mysql-pool.ts';

/**
 * Kysely on the application's pool. Added to it:
 *  - connections that are not as they should be are thrown away: see `Lending`, and `lent`;
 *  - sets of rows go as parameters of prepared statements: putting a large text into a statement takes the driver seconds;
 *  - rows are objects and integers are numbers, whatever the application has set for its own queries.
 */
export function pooledDialect(pool: MysqlPool, lending: Lending): Dialect {
  return new MysqlDialect({
    pool: {
      getConnection: (callback) => {
        // Kysely looks at the error first, and finds the wrapper of a connection again by its identity.
        lending.lend(pool).then(
          (connection) => callback(undefined, borrowed(connection, lending.warn)),
          (error: unknown) => callback(error, undefined as never),
        );
      },
      end: (callback) => callback(undefined),
    },
  });
}

const wrappers = new WeakMap<MysqlConnection, MysqlPoolConnection>();

function borrowed(connection: MysqlConnection, warn: (warning: string) => void): MysqlPoolConnection {
  let wrapper = wrappers.get(connection);
  if (!wrapper) {
    wrapper = lent(connection, warn);
    wrappers.set(connection, wrapper);
  }
  return wrapper;
}

type Callback = (error: unknown, result: MysqlQueryResult) => void;

/**
 * A connection that is thrown away when a statement failed on it for a reason of the connection's own, or for an unknown one; and
 * when what was written stands in a transaction that somebody else left open: it would be stored only if somebody ends it. The
 * server says so with the answer to each write, so that to ask costs nothing.
 */
function lent(connection: MysqlConnection, warn: (warning: string) => void): MysqlPoolConnection {
  let inOwnTransaction = false;
  let isToBeThrownAway = false;

  function query(sql: string, values: unknown[], callback: Callback = () => {}): void {
    if (sql === 'begin') inOwnTransaction = true;
    const method = isPrepared(values) ? 'execute' : 'query';
    const statement = { sql, values: values as MysqlValue[], rowsAsArray: false, typeCast };
    connection[method](statement, (error, result) => {
      if (sql === 'commit' || sql === 'rollback') inOwnTransaction = false;
      if (error) {
        if (!isOfTheStatement(error)) isToBeThrownAway = true;
        return callback(error, result as MysqlQueryResult);
      }
      const wrong = inOwnTransaction ? '' : whatResultSays(result);
      if (wrong === '') return callback(null, result as MysqlQueryResult);
      isToBeThrownAway = true;
      const warning = `mysql: a connection of the pool ${wrong}; it was thrown away`;
      warn(warning);
      const rollback = { ...statement, sql: 'rollback', values: [] };
      connection.query(rollback, () => callback(new UnavailableError(warning), undefined as never));
    });
  }

  return {
    query: (sql: string, values: unknown[], callback?: Callback) => {
      query(sql, values, callback);
      return { stream: notStreamed };
    },
    release: () => {
      if (isToBeThrownAway) connection.destroy();
      else connection.release();
    },
  };
}

function whatResultSays(result: unknown): string {
  const flags = errorField(result, 'serverStatus');
  return Array.isArray(result) || typeof flags !== 'number' ? '' : whatFlagsSay(flags);
}

/**
 * Errors that say something of the statement and nothing of the connection: 1020 1205 1213 at odds with another transaction,
 * 1048 1062 1406 1452 constraints, 1644 raised by a trigger, 1969 3024 time limits.
 */
const OF_THE_STATEMENT: ReadonlySet<unknown> = new Set([1020, 1048, 1062, 1205, 1213, 1406, 1452, 1644, 1969, 3024]);

function isOfTheStatement(error: unknown): boolean {
  return OF_THE_STATEMENT.has(errorField(error, 'errno'));
}

function notStreamed(): never {
  throw new Error('no statement of a storage is streamed');
}

/** Numbers are limits and places, and MySQL takes no prepared `limit ?` from a driver that sends every number as a double. */
function isPrepared(values: readonly unknown[]): boolean {
  return values.length > 0 && values.every((value) => typeof value === 'string');
}

const typeCast: MysqlQuery['typeCast'] = (field, next) => {
  const value = next();
  return field.type === 'LONGLONG' && value !== null ? Number(value) : value;
};
