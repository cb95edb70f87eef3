/**
 * Stage   connection: the socket under the feed and the calls, or HTTP where there can be none
 * In      a URL and a way to get a token; what the device says of its network
 * Out     a tRPC link, and the state of the connection
 * Keeps   P8 (the stock client resumes its subscriptions from their last id), P11 (waits grow, and are capped)
 * Proved  packages/client/test/connection.test.ts, connection/*.test.ts, test/e2e/fallback.test.ts
 */
import { type Clock, type Random } from '@tidemark/core';
import { type TRPCLink, wsLink } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import { type Connection } from './connection.ts';
import { type FallbackOptions } from './http-road.ts';
import { type TokenSource } from './identity.ts';
import { type WebSocketClass } from './observed-socket.ts';
import { type Surroundings } from './surroundings.ts';
type LinkOptions = Parameters<typeof wsLink<AnyTRPCRouter>>[0];
/** The server closes a socket with it when the identity is missing, expired or revoked. */
export declare const UNAUTHENTICATED_CLOSE_CODE = 4401;
/** The server closes a socket with it to end this session for good: signed in elsewhere, or removed by an administrator. */
export declare const KICKED_CLOSE_CODE = 4409;
export interface ConnectionOptions {
    /** `ws://` or `wss://`; a function is asked before each attempt. */
    readonly url: string | (() => string | Promise<string>);
    /** The WebSocket class, where the runtime has none (Node before 22): that of the `ws` package. */
    readonly WebSocket?: WebSocketClass;
    /** The router's data transformer, e.g. `superjson`; must be the same as on the server. */
    readonly transformer?: LinkOptions['transformer'];
    /**
     * The token of the signed-in user, asked for before each attempt to connect, and on the fallback before each request.
     * `refresh` is true when the server refused the last one: fetch a new one. `null`: nobody is signed in, and the
     * connection stops. When it rejects, the attempt counts as failed and is repeated. Absent: the connection sends none
     * (cookies, or an open server).
     */
    readonly token?: TokenSource;
    /** What `createContext` finds in `info.connectionParams`. Default: `{ token }`. */
    readonly connectionParams?: (token: string) => Record<string, string>;
    /** Called once when the connection stops because the identity was refused: the moment to show a sign-in form. */
    readonly onSignedOut?: () => void;
    /** HTTP and Server-Sent Events for networks that block WebSocket. Default: none. */
    readonly fallback?: FallbackOptions;
    /** Pings that find a dead socket; `false` for none. Default: every 15 s, the answer within 5 s. */
    readonly keepAlive?: {
        readonly intervalMs: number;
        readonly pongTimeoutMs: number;
    } | false;
    /** A socket that has not opened by then is given up, in ms. Default 10,000. */
    readonly connectTimeoutMs?: number;
    /** Wait before the next attempt, doubling from `base` to `cap`, jittered, in ms. Default: 300 to 20,000. */
    readonly backoff?: {
        readonly base: number;
        readonly cap: number;
    };
    /** Default: the page's or worker's own events, where there are any. */
    readonly surroundings?: Surroundings;
    readonly clock?: Clock;
    readonly random?: Random;
}
export interface WebSocketConnection extends Connection {
    /** The terminating link: `createTRPCClient<AppRouter>({ links: [connection.link] })`. Its first call opens it. */
    readonly link: TRPCLink<AnyTRPCRouter>;
}
export declare function createConnection(options: ConnectionOptions): WebSocketConnection;
export {};
