import type { ClientEmitter, Retried } from '../client-events.ts';
import type { RetryTiming } from '../local-store/local-replica.ts';
/**
 * Work that has to get done for each key sooner or later: one run per key at a time, at most `limit` at once, repeated with
 * back-off until it succeeds. A key added while it runs is run once more.
 */
export interface KeyedTasks<K> {
    add(key: K): void;
    /** Waiting tasks are tried at once: the connection is back. */
    wake(): void;
}
export declare function createKeyedTasks<K>(options: {
    readonly what: Retried;
    readonly limit: number;
    readonly timing: RetryTiming;
    readonly events: ClientEmitter;
    readonly closing: AbortSignal;
}, run: (key: K) => Promise<void>): KeyedTasks<K>;
