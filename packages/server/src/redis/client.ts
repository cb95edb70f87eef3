/**
 * What the backplane uses of ioredis. The application hands in a `Redis` (also one of Sentinels) or a `Cluster`; its
 * methods fit these types in ioredis 5 and 6, and nothing here depends on ioredis being installed.
 */
export type RedisClient = StandaloneRedis | ClusterRedis;

export interface StandaloneRedis extends RedisCommands {
  readonly isCluster: boolean;
  /** Of the connection: `select` is the database it is on, which SELECT changes, unlike `options.db`. */
  readonly condition?: { readonly select?: number | undefined } | null | undefined;
  duplicate(override?: ConnectionOverrides): RedisConnection;
}

export interface ClusterRedis extends RedisCommands {
  readonly isCluster: boolean;
  nodes(role?: 'master'): RedisNode[];
}

/** One node of a cluster as its client knows it. */
export interface RedisNode {
  readonly options: { readonly host?: string | undefined; readonly port?: number | undefined };
  duplicate(override?: ConnectionOverrides): RedisConnection;
}

/** A connection to one server that the backplane opened itself and closes itself. */
export interface RedisConnection extends RedisCommands {
  connect(): Promise<void>;
  disconnect(): void;
}

interface RedisCommands {
  /** `wait` `connecting` `connect` `ready` `close` `reconnecting` `end`, and `disconnecting` of a cluster. */
  readonly status: string;
  readonly options: {
    readonly keyPrefix?: string | undefined;
    readonly db?: number | undefined;
    readonly natMap?: unknown;
  };
  call(command: string, ...args: (string | number)[]): Promise<unknown>;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
}

/** Options in which a connection of the backplane's own differs from the one it is copied from. */
export interface ConnectionOverrides {
  host?: string;
  port?: number;
  db?: number;
  keyPrefix?: string;
  connectionName: string;
  lazyConnect: true;
  retryStrategy: () => null;
  enableOfflineQueue: true;
  autoResubscribe: false;
  autoResendUnfulfilledCommands: false;
  enableAutoPipelining: false;
  readOnly: false;
  connectTimeout: number;
  disconnectTimeout: number;
  maxLoadingRetryTime: number;
}

export function isClusterClient(client: RedisClient): client is ClusterRedis {
  return client.isCluster === true;
}

/** Throws a TypeError that names the option when `value` is not a client of the kind the backplane can use. */
export function assertRedisClient(value: unknown, option = 'redis'): asserts value is RedisClient {
  const client = (typeof value === 'object' && value !== null ? value : {}) as Partial<Record<string, unknown>>;
  const { isCluster, status } = client;
  const methods = ['call', 'on', 'off', isCluster === true ? 'nodes' : 'duplicate'];
  const missing = methods.filter((method) => typeof client[method] !== 'function');
  if (typeof status === 'string' && missing.length === 0) return;
  const found = value === null ? 'null' : typeof value;
  throw new TypeError(
    `${option} must be a client of ioredis, 5 or later: new Redis(…) or new Cluster(…). ` +
      `Got ${found === 'object' ? `an object without ${missing.map((name) => `${name}()`).join(', ') || 'status'}` : found}`,
  );
}
