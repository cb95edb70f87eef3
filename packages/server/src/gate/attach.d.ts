import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Limits } from '@tidemark/core';
import { type AnyTRPCRouter, type inferRouterContext, type TRPCError } from '@trpc/server';
import { type CreateWSSContextFnOptions } from '@trpc/server/adapters/ws';
import { type WebSocket } from 'ws';
import type { LimitEvents } from '../limit-events.ts';
import { type AttachedSocket } from '../subscription/attached-socket.ts';
import type { Admission } from './admission.ts';
import type { RareInputType } from './annotations.ts';
export interface AttachOptions<Router extends AnyTRPCRouter> {
    /** The application's router, with messaging's procedures in it. */
    readonly router: Router;
    /**
     * The application's own context, from the upgrade request or `info.connectionParams`. To refuse the connection throw
     * a TRPCError UNAUTHORIZED: the socket is closed with 4401, and clients renew their token instead of trying for ever.
     * Nothing that the client sends is read before it resolves.
     */
    readonly createContext: (options: CreateWSSContextFnOptions) => inferRouterContext<Router> | Promise<inferRouterContext<Router>>;
    /** ms from the upgrade until the context has to be known, parameters included; then 4500. Default 10,000. */
    readonly contextTimeoutMs?: number | undefined;
    /** Path of the WebSocket endpoint. Default `/trpc`. Upgrades to other paths are left alone. */
    readonly path?: string | undefined;
    /**
     * Origins of pages that may connect besides those of the host that is asked, such as `https://app.example.com`; `'*'` for
     * any, which is safe only where identity does not come from a cookie. Default none. A client without Origin may connect.
     */
    readonly allowedOrigins?: readonly string[] | '*' | undefined;
    /**
     * The client's address, which `limits.socketsPerAddress` counts. Default: the peer's of the connection. Behind a proxy
     * take it from the header that the proxy sets, and only where every connection comes through it.
     */
    readonly addressOf?: ((request: IncomingMessage) => string | undefined) | undefined;
    /** Kinds of values that inputs may hold beyond undefined, numbers, dates, URLs, bigints, sets and maps. Default none. */
    readonly allowedInputs?: readonly RareInputType[] | undefined;
    readonly onError?: ((failure: {
        error: TRPCError;
        path: string | undefined;
    }) => void) | undefined;
}
export interface Attachment {
    /** Sockets connected now. */
    readonly connections: number;
    /** Stops accepting, and closes every socket with 1012. */
    close(): Promise<void>;
}
/**
 * Serves the router over WebSocket on the application's HTTP server: the gate in front of tRPC. An upgrade is checked
 * (path, origin, caps), a socket's context is made before anything else of it is read, frames are bounded, silent peers are
 * dropped, and feeds write to the sockets themselves. Stage 1 and 7.
 */
export declare function attachTo<Router extends AnyTRPCRouter>(server: Server, options: AttachOptions<Router>, ports: {
    limits: Limits;
    limitEvents: LimitEvents;
    admission: Admission;
    /** Stands between tRPC's handler and a socket, so that feeds may write to it themselves. */
    wrap: (socket: WebSocket, tcp: Duplex, router: AnyTRPCRouter) => AttachedSocket;
}): Attachment;
