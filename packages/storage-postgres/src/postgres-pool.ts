/** What is called of the application's `pg` Pool. It stays the application's: it is never ended here. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'connect', listener: (client: PostgresClient) => void): unknown;
  removeListener(event: 'error', listener: (error: Error) => void): unknown;
  removeListener(event: 'connect', listener: (client: PostgresClient) => void): unknown;
  listenerCount(event: 'error'): number;
}

export interface PostgresClient {
  query(query: PostgresQuery): Promise<PostgresResult>;
  /** With true the pool ends the connection, and makes another when asked. */
  release(destroy?: boolean): void;
  /** `I` idle, `T` in a transaction, `E` in one that failed. Absent in older versions. */
  getTransactionStatus?(): string | null;
  /** The protocol beneath, where `getTransactionStatus` is missing. */
  readonly connection?: {
    on?(event: 'readyForQuery', listener: (message: { readonly status: string }) => void): unknown;
  };
  on(event: 'error', listener: (error: Error) => void): unknown;
  removeListener(event: 'error', listener: (error: Error) => void): unknown;
}

export interface PostgresQuery {
  readonly name?: string;
  readonly text: string;
  readonly values: unknown[];
  readonly types: { getTypeParser(oid: number): (text: string) => unknown };
}

export interface PostgresResult {
  readonly command: string;
  readonly rowCount: number | null;
  readonly rows: unknown[];
}

const METHODS = ['connect', 'on', 'removeListener', 'listenerCount'] as const;

/** Throws when `pool` is not a pool of `pg`. */
export function checkedPool(pool: unknown): PostgresPool {
  const methods = pool as Record<string, unknown> | null | undefined;
  for (const method of METHODS) {
    if (typeof methods?.[method] !== 'function') {
      throw new TypeError(`pool must be a Pool of pg: it has no ${method}()`);
    }
  }
  return pool as PostgresPool;
}
