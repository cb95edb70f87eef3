import type { RedisClient } from '../redis/client.ts';
import { type RedisCalls } from '../redis/redis-calls.ts';
export interface StreamRead {
    readonly key: string;
    /** Id after which it reads. */
    readonly after: string;
    /** Entries at most; there may be more when others ask for more. */
    readonly count: number;
}
/** Fields are null when an entry was deleted while it was being read. */
export type RawEntry = readonly [id: string, fields: readonly string[] | null];
/**
 * Reads streams that are on one server of Redis. What is asked for in one turn of the event loop is one XREAD, and since that
 * blocks, it has a connection of its own: as many are open as reads have been under way at once.
 */
export declare class RedisStreamReads {
    #private;
    constructor(calls: RedisCalls, client: RedisClient);
    /**
     * The entries of a stream after an id. Without any it is answered after BLOCK_MS, or as soon as another stream that was
     * asked for in the same turn has some. Throws UnavailableError.
     */
    readonly read: (request: StreamRead) => Promise<readonly RawEntry[]>;
    /** The highest id in a stream; undefined when it is empty. Throws UnavailableError. */
    readonly newest: (request: string) => Promise<string | undefined>;
    /** Ends its connections, and what is under way on them with UnavailableError. */
    close(): Promise<void>;
}
