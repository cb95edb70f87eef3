import type { Duplex } from 'node:stream';
import { type Limits } from '@tidemark/core';
import type { WebSocket } from 'ws';
import type { AttachedSocket, HoldReason, SocketReader } from '../subscription/attached-socket.ts';
import { type RequestId } from './call.ts';
/**
 * Reads the frames of one socket, and hands tRPC the calls in them. While a reason holds it (the context is not known yet,
 * many calls are under way, answers are not being read), the TCP stream is paused, and frames that `ws` had parsed by then
 * wait as bytes. After the end nothing is read: what still comes is dropped, and too much of it cuts the socket.
 *
 * A frame is parsed once. Each call of it is checked by itself, so that one that is malformed is answered under its own id
 * and the others go on; calls beyond limits.callsPerFrame are refused before their inputs are built.
 *
 * Keeps   P11
 * Proved  test/gate/frame-reader.test.ts, test/e2e/gate.test.ts
 */
export declare class FrameReader implements SocketReader {
    #private;
    constructor(link: {
        socket: WebSocket;
        tcp: Duplex;
        attached: AttachedSocket;
    }, rules: ReadingRules);
    /** Takes one frame of at most `maxBytes` as it is; anything else waits, but for texts that keep the connection alive. */
    readFirst(maxBytes: number, take: (data: Buffer) => void): void;
    hold(reason: HoldReason): void;
    release(reason: HoldReason): void;
    /** The call of that id has its answer. */
    answered(id: RequestId): void;
    /** Reads nothing more. The TCP stream flows, so that the peer's close frame is seen. */
    end(): void;
}
/** What all sockets of one endpoint are read by. */
export interface ReadingRules {
    readonly limits: Limits;
    /** Builds an input from its JSON, through the application's guarded transformer. */
    readonly build: (raw: unknown) => unknown;
    /** An error as the application's formatter shapes it, as JSON. */
    readonly errorText: (error: unknown) => string;
    /** A call was refused before it reached tRPC. */
    readonly refused: (error: unknown, socket: AttachedSocket) => void;
    readonly reached: (limit: string, socket: AttachedSocket) => void;
}
