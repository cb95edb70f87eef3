import type { Clock } from '@tidemark/core';
import type { ObservedSocket } from './observed-socket.ts';
export interface SocketTiming {
    /** Silence after which the socket is asked for a sign of life; false for never. */
    readonly intervalMs: number | false;
    readonly pongTimeoutMs: number;
}
/**
 * Watches an open socket until it closes. One that does not answer is closed. After a sleep it is in doubt at once: the
 * other side may have given it up long ago, and waiting for the answer would be waiting for nothing.
 *
 * Where no one is looking browsers run timers late, up to a minute; such a tick only asks.
 */
export declare function watchSocket(socket: ObservedSocket, { intervalMs, pongTimeoutMs }: SocketTiming, clock: Clock, visible: () => boolean, inDoubt: () => void): Promise<void>;
