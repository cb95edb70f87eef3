import type { Clock, Random } from '@tidemark/core';
import type { wsLink } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import type { Environment } from './environment.ts';
import type { HttpFallback } from './http-transport.ts';
import type { TokenSource } from './identity.ts';
import type { WebSocketClass } from './observed-socket.ts';

type LinkOptions = Parameters<typeof wsLink<AnyTRPCRouter>>[0];

export interface ConnectionOptions {
  /** `ws://` or `wss://`, else `invalid_input`. A function is asked before each attempt. */
  readonly url: string | (() => string | Promise<string>);
  /** The WebSocket class, where the runtime has none (Node before 22): that of the `ws` package. */
  readonly WebSocket?: WebSocketClass;
  /** The router's data transformer, e.g. `superjson`; must be the same as on the server. */
  readonly transformer?: LinkOptions['transformer'];
  /**
   * The token of the signed-in user. A function is asked before each attempt to connect, and on the fallback before each
   * request. `refresh` is true when the server refused the last token: fetch a new one. `null`: nobody is signed in, and the
   * connection stops. When it rejects, the attempt counts as failed and is repeated. A string is for tokens that never
   * change. Absent: the connection sends none (cookies, or an open server).
   */
  readonly token?: string | TokenSource;
  /** What `createContext` finds in `info.connectionParams`. Default: `{ token }`. */
  readonly connectionParams?: (token: string) => Record<string, string>;
  /** Called once when the connection stops because the identity was refused: the moment to show a sign-in form. */
  readonly onSignedOut?: () => void;
  /** `token` and `url` that have not answered by then count as failed, and are asked again, in ms. Default 30,000. */
  readonly tokenTimeoutMs?: number;
  /** For networks that block WebSocket: `httpFallback` of `@tidemark/client/http`. Default: none. */
  readonly fallback?: HttpFallback;
  /** Pings that find a dead socket; `false` for none. Default: every 15 s, the answer within 5 s. */
  readonly keepAlive?: { readonly intervalMs: number; readonly pongTimeoutMs: number } | false;
  /** A socket that has not opened by then is given up, in ms. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** Wait before the next attempt, doubling from `baseMs` to `capMs`, jittered. Default: 300 to 20,000. */
  readonly backoff?: { readonly baseMs: number; readonly capMs: number };
  /** Default: the page's or worker's own events, where there are any. */
  readonly environment?: Environment;
  readonly clock?: Clock;
  readonly random?: Random;
}
