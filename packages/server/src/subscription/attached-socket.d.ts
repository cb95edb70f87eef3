import type { Duplex } from 'node:stream';
import type { UserId } from '@tidemark/core';
import type { WebSocket } from 'ws';
import type { FeedText } from './entry-text.ts';
import { type Numbered } from './text-frame.ts';
/**
 * Stands between tRPC's WebSocket handler and a socket. The handler sees what it uses of a `ws` socket (readyState, send,
 * close, terminate, on, once); a subscription takes the socket over by yielding a token: when the token passes through
 * `send`, the id of its request is learnt, and from then on the feed writes its texts itself. Middlewares, validation,
 * abort and errors stay tRPC's.
 *
 * What comes in is read by its `reader`, which hands on calls. While more than `bufferLimit` waits to be written, nothing is
 * read; a peer that then takes nothing for `slowGraceMs` is cut. From `close` on tRPC's handler counts the socket as closed:
 * its subscriptions are aborted at once, and not only when the peer has answered.
 *
 * Keeps   P11: what may wait in the socket is bounded, see `ready`; texts of one tick leave in one write
 * Proved  test/subscription/attached-socket.test.ts, test/wire/*
 */
export declare class AttachedSocket {
    #private;
    /** Reads what comes in; nothing does before it is there. */
    reader: SocketReader | undefined;
    /** Whose calls come over this socket, once one has told. */
    userId: UserId | undefined;
    constructor(socket: WebSocket, options: AttachedSocketOptions);
    /** Remote address of the connection. */
    get address(): string | undefined;
    get readyState(): number;
    /** The encoder in front is the identity, so responses come as objects; keep-alive texts come as strings. */
    send(message: string | {
        id?: number | string | null;
        jsonrpc?: string;
    }): void;
    /** Ends what is under way, and begins the closing handshake; the socket is cut if the peer does not take part in it. */
    close(code?: number, reason?: string): void;
    terminate(): void;
    on(event: string, listener: (...args: never[]) => void): this;
    /** Listeners of `close` are called when the end begins, whoever began it. */
    once(event: string, listener: (...args: never[]) => void): this;
    off(event: 'close', listener: () => void): this;
    /** Gives tRPC's handler calls that were parsed and checked; its decoder takes them from `handedOn`. */
    handOn(messages: readonly unknown[]): void;
    /** It is closing or closed: no call of it is carried out any more. */
    get isEnded(): boolean;
    pong(data: Buffer): void;
    /** Texts for the router this socket was attached with. */
    get feedText(): FeedText;
    /** Calls back when the token, yielded by a subscription, passes through. */
    expect(token: string, bind: (request: Request) => void): void;
    forget(token: string): void;
    write(text: string): void;
    /**
     * At the end of this tick, in one write with all else of it. That goes past the sender of `ws`, which has nothing to do
     * where nothing is compressed: it would take two writes a frame.
     *
     * @param number what stands at the places of the frame
     */
    writeFrame(frame: Numbered, number: number): void;
    /** Writes what this tick has brought so far. */
    flush(): void;
    get bufferedBytes(): number;
    ready(): boolean;
    /** Resolves when all that waits has been written, the socket has closed, or `signal` aborts. */
    drained(signal: AbortSignal): Promise<void>;
}
/** What the decoder of tRPC's handler returns. */
export declare function takeHandedOn(): unknown;
/** Reads what a socket receives, while nothing holds it; the folder gate has it. */
export interface SocketReader {
    /** Stops reading until this reason, and every other, has been released. */
    hold(reason: HoldReason): void;
    release(reason: HoldReason): void;
    /** A call has its answer. */
    answered(id: number | string): void;
    /** Nothing is read any more. */
    end(): void;
}
/** The context is not known yet; many calls are under way; answers are not being taken. */
export type HoldReason = 'context' | 'calls' | 'output';
export interface AttachedSocketOptions {
    readonly tcp: Duplex;
    /** Bytes that may wait to be written before feeds and reading stop. */
    readonly bufferLimit: number;
    /** ms in which a peer has to take a part of what waits beyond that. */
    readonly slowGraceMs: number;
    /** A peer that did not is about to be cut. */
    readonly onSlow: (socket: AttachedSocket) => void;
    readonly feedText: () => FeedText;
}
interface Request {
    readonly id: number | string | null;
    readonly jsonrpc?: string | undefined;
}
export {};
