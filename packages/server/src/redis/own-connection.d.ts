import { type RedisClient, type RedisConnection } from './client.ts';
import { type RedisCalls } from './redis-calls.ts';
/**
 * Opens connections of the backplane's own, beside the application's client and with its options: for commands that block
 * and for subscriptions. Such a connection goes to one server and never reconnects; when it fails, its owner throws it
 * away and opens another. In a cluster it goes to the server that has the slot: any master says which one that is.
 */
export interface OwnConnectionOptions<T> {
    readonly client: RedisClient;
    readonly calls: RedisCalls;
    /** For the server's list of clients. */
    readonly name: string;
    /** Closes the connection, now or later. */
    readonly signal: AbortSignal;
    /** First command, of the key or channel that the connection is for. */
    readonly first: (connection: RedisConnection) => Promise<T>;
    /** Called once when an opened connection is gone, also after `signal`. */
    readonly onEnd?: () => void;
}
/** Throws UnavailableError when no server can be reached or none has the slot now. */
export declare function openOwnConnection<T>(options: OwnConnectionOptions<T>): Promise<{
    connection: RedisConnection;
    reply: T;
}>;
/** Ends a connection, and resolves when its socket is gone. */
export declare function closeOwnConnection(connection: RedisConnection): Promise<void>;
/** Begins to end a connection. One that has ended is left alone: the client would set a timer for its socket. */
export declare function dropOwnConnection(connection: RedisConnection): void;
