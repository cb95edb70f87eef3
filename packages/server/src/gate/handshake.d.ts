import type { IncomingMessage } from 'node:http';
import type { CreateWSSContextFnOptions } from '@trpc/server/adapters/ws';
import type { AttachedSocket } from '../subscription/attached-socket.ts';
import type { Slot } from './admission.ts';
import type { FrameReader } from './frame-reader.ts';
/**
 * Learns who is at the other end of a socket: the parameters, if the client announces some, then the application's context.
 * Until then nothing else is read, and all of it together has `contextTimeoutMs`. tRPC's handler begins with the result.
 *
 * Keeps   P11, P12
 * Proved  test/e2e/handshake.test.ts
 */
export declare class Handshake {
    #private;
    constructor(link: OpenedSocket, request: IncomingMessage, rules: HandshakeRules);
}
/** A socket whose end is not known yet. */
export interface OpenedSocket {
    readonly attached: AttachedSocket;
    readonly reader: FrameReader;
    readonly slot: Slot;
}
export interface HandshakeRules {
    readonly createContext: (options: CreateWSSContextFnOptions) => unknown;
    readonly contextTimeoutMs: number;
    readonly parametersBytes: number;
    /** The context is known: calls may follow. */
    readonly identified: (socket: AttachedSocket, context: unknown) => void;
    /** There is none. */
    readonly failed: (error: unknown) => void;
    readonly reached: (limit: string, socket: AttachedSocket) => void;
}
