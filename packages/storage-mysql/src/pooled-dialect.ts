import { type Dialect, MysqlDialect, type MysqlPoolConnection, type MysqlQueryResult } from 'kysely';
import type { MysqlConnection, MysqlPool, MysqlQuery, MysqlValue } from './mysql-pool.ts';

/**
 * Kysely on the application's pool. Added to it:
 *  - sets of rows go as parameters of prepared statements: putting a large text into a statement takes the driver seconds;
 *  - rows are objects and integers are numbers, whatever the application has set for its own queries.
 */
export function pooledDialect(pool: MysqlPool): Dialect {
  return new MysqlDialect({
    pool: {
      getConnection: (callback) =>
        pool.getConnection((error, connection) => {
          // Kysely looks at the error first, and finds the wrapper of a connection again by its identity.
          if (error) callback(error, undefined as never);
          else callback(undefined, borrowed(connection));
        }),
      end: (callback) => callback(undefined),
    },
  });
}

const wrappers = new WeakMap<MysqlConnection, MysqlPoolConnection>();

function borrowed(connection: MysqlConnection): MysqlPoolConnection {
  let wrapper = wrappers.get(connection);
  if (!wrapper) {
    wrapper = {
      query: (sql: string, values: unknown[], callback?: (error: unknown, result: MysqlQueryResult) => void) => {
        const method = isPrepared(values) ? 'execute' : 'query';
        const query = { sql, values: values as MysqlValue[], rowsAsArray: false, typeCast };
        connection[method](query, (error, result) => callback?.(error, result as MysqlQueryResult));
        return { stream: notStreamed };
      },
      release: () => connection.release(),
    };
    wrappers.set(connection, wrapper);
  }
  return wrapper;
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
