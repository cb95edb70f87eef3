/**
 * What the backplane uses of ioredis. The application hands in a `Redis` (also one of Sentinels) or a `Cluster`; its
 * methods fit these types in ioredis 5 and 6, and nothing here depends on ioredis being installed.
 */
export type RedisClient = StandaloneRedis | ClusterRedis;
export interface StandaloneRedis extends RedisCommands {
    readonly isCluster: boolean;
    duplicate(override?: ConnectionOverrides): RedisConnection;
}
export interface ClusterRedis extends RedisCommands {
    readonly isCluster: boolean;
    nodes(role?: 'master'): RedisNode[];
}
/** One node of a cluster as its client knows it. */
export interface RedisNode {
    readonly options: {
        readonly host?: string | undefined;
        readonly port?: number | undefined;
    };
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
export declare function isClusterClient(client: RedisClient): client is ClusterRedis;
/** Throws a TypeError that names the option when `value` is not a client of the kind the backplane can use. */
export declare function assertRedisClient(value: unknown, option?: string): asserts value is RedisClient;
export {};
