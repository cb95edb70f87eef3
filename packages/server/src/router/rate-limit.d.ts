import { type Clock, type UserId } from '@tidemark/core';
import type { ServerEventBus } from '../server-events.ts';
/**
 * A token bucket per user, on this process: `burst` calls at once, `perSecond` on average. It counts calls, not frames or
 * requests: a batch of ten is ten. Stage 1.
 *
 * Keeps  P11
 */
export declare class RateLimit {
    #private;
    constructor(options: {
        clock: Clock;
        events: ServerEventBus;
        perSecond: number;
        burst: number;
    });
    /** Takes one call. Throws `rate_limited`. */
    take(userId: UserId): void;
}
