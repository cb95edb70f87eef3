import type { Limits } from '@tidemark/core';
import type { LimitEvents } from '../limit-events.ts';
/** The status line of a refused upgrade. */
export type Refusal = '429 Too Many Requests' | '503 Service Unavailable';
/**
 * Counts the sockets of this process, of each address, and of those whose context is not known yet, and refuses upgrades
 * beyond the limits. Stage 1.
 *
 * Keeps   P11
 * Proved  test/gate/admission.test.ts, test/e2e/socket-caps.test.ts
 */
export declare class Admission {
    #private;
    constructor(limits: Limits, events: LimitEvents);
    /** Whether another socket may be opened; call `enter` in the same tick. */
    refusal(address: string | undefined): Refusal | undefined;
    /** Counts a socket. `identified` when its context is known; `leave` when it has closed, once. */
    enter(address: string | undefined): Slot;
}
export interface Slot {
    identified(): void;
    leave(): void;
}
