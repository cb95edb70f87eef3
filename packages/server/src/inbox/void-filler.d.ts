import type { Clock, InboxStore, UserId } from '@tidemark/core';
import type { ServerEventBus } from '../server-events.ts';
/**
 * Closes holes. A seq that was allocated and not yet committed is a hole in what readers see; most are filled within
 * milliseconds, and one that a crash left behind is closed with a void after `voidAfter`. A writer that comes later finds
 * its seq taken and allocates another. The wait is measured on this node's monotonic clock: wall clocks may disagree.
 *
 * Keeps   P4
 * Proved  test/inbox/inbox-reader.test.ts, test/fault/worker-killed.services.test.ts
 */
export declare class VoidFiller {
    #private;
    constructor(options: {
        inbox: InboxStore;
        clock: Clock;
        events: ServerEventBus;
        voidAfter: number;
    });
    /** Resolves when seq after + 1 of the user is filled, by its writer or with a void. A later seq must be there. */
    fill(userId: UserId, after: number): Promise<void>;
}
