import type { UserId } from '@tidemark/core';
import type { LimitEvents } from '../limit-events.ts';
import type { AttachedSocket } from '../subscription/attached-socket.ts';
/**
 * The sockets of each user on this process. Whose a socket is turns out with its first call. Beyond
 * limits.socketsPerUser the oldest is closed with 4409: devices that vanished without a word must not lock their owner out.
 *
 * Keeps   P11
 */
export declare class SocketsByUser {
    #private;
    constructor(limit: number, events: LimitEvents);
    /** Counts a socket for the user whose call it brought. */
    join(userId: UserId, socket: AttachedSocket): void;
}
