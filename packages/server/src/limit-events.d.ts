import type { Clock, UserId } from '@tidemark/core';
import type { ServerEventBus } from './server-events.ts';
/** Who reached a limit, as far as it is known. */
export interface LimitCaller {
    readonly userId?: UserId | undefined;
    /** Remote address of the connection. */
    readonly address?: string | undefined;
    readonly partition?: number | undefined;
}
/** Emits `limit-reached`, at most once a second for each limit and caller. */
export declare class LimitEvents {
    #private;
    constructor(events: ServerEventBus, clock: Clock);
    /** @param limit the option's dotted name, such as `limits.feedsPerUser` */
    reached(limit: string, caller?: LimitCaller): void;
}
