import { type RedisClient } from './client.ts';
import { Deadlines } from './deadlines.ts';
import type { Script } from './scripts.ts';
/** How long a call waits for its answer, connecting included. */
export declare const CALL_TIMEOUT_MS = 3000;
type Argument = string | number;
/**
 * The commands of a backplane on the application's client, which it shares with the application. Every call settles: with
 * the answer, with UnavailableError after CALL_TIMEOUT_MS at the latest, or with the error the server gave.
 *
 * While the client is not connected calls wait here, not in the client, so that one that has given up is not sent later.
 * Calls are sent in the order in which they were made.
 */
export declare class RedisCalls {
    #private;
    readonly deadlines: Deadlines;
    /** Whether keys with different hash tags may be on different servers. */
    readonly isCluster: boolean;
    constructor(client: RedisClient);
    /** Runs a script. All keys are in one slot. */
    run(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown>;
    command(name: string, ...args: Argument[]): Promise<unknown>;
    close(): void;
}
export {};
