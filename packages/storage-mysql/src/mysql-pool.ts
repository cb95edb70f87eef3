/** What is called of the application's `mysql2` pool. It stays the application's: it is never ended here. */
export interface MysqlPool {
  getConnection(callback: (error: Error | null, connection: MysqlConnection) => void): void;
}

/** A pool of `mysql2/promise`, which holds one with callbacks. */
export interface MysqlPromisePool {
  readonly pool: MysqlPool;
}

export interface MysqlConnection {
  /** Puts the values into the text on this side. */
  query(query: MysqlQuery, callback: MysqlCallback): unknown;
  /** Prepares the text on the server, once per connection, and sends the values as they are. */
  execute(query: MysqlQuery, callback: MysqlCallback): unknown;
  release(): void;
  /** Ends it; the pool makes another when asked. */
  destroy(): void;
}

export interface MysqlQuery {
  readonly sql: string;
  readonly values: MysqlValue[];
  readonly rowsAsArray: boolean;
  readonly typeCast: (field: { readonly type: string }, next: () => unknown) => unknown;
}

export type MysqlValue = string | number | null;
export type MysqlCallback = (error: Error | null, result: unknown) => void;

/** Throws when `pool` is not a pool of `mysql2`; of one with promises returns the one inside. */
export function checkedPool(pool: MysqlPool | MysqlPromisePool): MysqlPool {
  const callbacks = isObject(pool) && 'pool' in pool ? pool.pool : pool;
  if (!isObject(callbacks) || typeof (callbacks as Partial<MysqlPool>).getConnection !== 'function') {
    throw new TypeError('pool must be a pool of mysql2 or mysql2/promise: it has no getConnection()');
  }
  return callbacks as MysqlPool;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
