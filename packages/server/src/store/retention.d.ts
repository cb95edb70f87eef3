import type { Clock, InboxStore } from '@tidemark/core';
import type { ServerEventBus } from '../server-events.ts';
/**
 * Removes inbox rows past retention in small batches, so that no transaction is long. Stores that expire rows by
 * themselves have nothing to do. Runs on workers; several at once do no harm. Part of stage 5.
 *
 * Keeps   P9: the store's floor moves, and cursors below it are told
 * Proved  the storage conformance suite, test/store/retention.test.ts
 */
export declare class Retention {
    #private;
    constructor(options: {
        inbox: InboxStore;
        clock: Clock;
        events: ServerEventBus;
        retention: number;
    });
    start(): void;
    close(): Promise<void>;
    /** One pass. Returns how many rows were removed. */
    pass(): Promise<number>;
}
