import type { Clock } from '@tidemark/core';
/** The subset of the WebSocket class that is called: the browser's, and that of the `ws` package. */
export interface WebSocketClass {
    new (url: string): WebSocketLike;
}
export interface WebSocketLike {
    binaryType?: unknown;
    send(data: string): void;
    close(code?: number, reason?: string): void;
    addEventListener(type: 'open' | 'message' | 'error' | 'close', listener: (event: SocketEvent) => void): void;
    /** Sockets of the `ws` package have it: ends the connection without waiting for the other side. */
    terminate?(): void;
}
export interface SocketEvent {
    readonly type?: string;
    readonly data?: unknown;
    readonly code?: number;
}
export interface SocketObserver {
    made(socket: ObservedSocket): void;
    opened(socket: ObservedSocket): void;
    /** Called once per socket, when the server has answered something: identity and context were accepted. */
    accepted(socket: ObservedSocket): void;
    /** Called once per socket; `code` is undefined when it ended from this side. */
    closed(socket: ObservedSocket, code: number | undefined): void;
}
/** A socket between the stock tRPC client and the real one. */
export interface ObservedSocket {
    /** Frames heard so far. */
    readonly heard: number;
    /** Milliseconds since 1970 at which the last frame came, or the socket opened. */
    readonly heardAt: number;
    readonly isOpen: boolean;
    /** Aborted when it is closed. */
    readonly ended: AbortSignal;
    /** Whether anything comes back within `timeoutMs`; false at once when it closes. */
    answers(timeoutMs: number): Promise<boolean>;
    /** Has the stock client open a second socket, and move to it once that is open. */
    askForReplacement(): void;
    /** Closed at once as far as anyone here can see; the real one follows when it can. */
    close(): void;
}
/**
 * The WebSocket class for the stock tRPC client, watched: the stock client tells neither that the server has answered nor
 * which socket closed with which code. And in hand: a socket that is closed here is closed for the stock client in the
 * same turn, while a real one on a dead network takes its time, with calls hanging on it.
 */
export declare function observedSocket(Base: WebSocketClass, clock: Clock, connectTimeoutMs: number, observer: SocketObserver): new (url: string) => ObservedSocket;
