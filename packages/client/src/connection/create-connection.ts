/**
 * Stage   connection: the socket under the feed and the calls
 * In      a URL and a way to get a token
 * Out     a tRPC link, and the state of the connection
 * Keeps   P8 (the stock client resumes its subscriptions from their last id), P11 (waits grow, and are capped)
 * Proved  packages/client/test/connection.test.ts
 */
import { backoff, type Clock, type Random, systemClock, TidemarkError } from '@tidemark/core';
import { createWSClient, TRPCClientError, type TRPCLink, wsLink } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import { observable } from '@trpc/server/observable';
import { createListeners } from '../views/view.ts';
import type { Connection, ConnectionState } from './connection.ts';
import { observedSocket, type WebSocketClass, type WebSocketLike } from './observed-socket.ts';

type StockOptions = Parameters<typeof createWSClient>[0];
type OperationLink = ReturnType<TRPCLink<AnyTRPCRouter>>;
type LinkOptions = Parameters<typeof wsLink<AnyTRPCRouter>>[0];

/** The server closes a socket with it when the identity is missing, expired or revoked. */
export const UNAUTHENTICATED_CLOSE_CODE = 4401;

export interface ConnectionOptions {
  /** `ws://` or `wss://`; a function is asked before each attempt. */
  readonly url: string | (() => string | Promise<string>);
  /** The WebSocket class, where the runtime has none (Node before 22): that of the `ws` package. */
  readonly WebSocket?: WebSocketClass;
  /** The router's data transformer, e.g. `superjson`; must be the same as on the server. */
  readonly transformer?: LinkOptions['transformer'];
  /**
   * The token of the signed-in user, asked for before each attempt to connect. `refresh` is true when the server refused
   * the last one: fetch a new one. `null`: nobody is signed in, and the connection stops. When it rejects, the attempt
   * counts as failed and is repeated. Absent: the connection sends none (cookies, or an open server).
   */
  readonly token?: (why: { readonly refresh: boolean }) => string | null | Promise<string | null>;
  /** What `createContext` finds in `info.connectionParams`. Default: `{ token }`. */
  readonly connectionParams?: (token: string) => Record<string, string>;
  /** Called once when the connection stops because the identity was refused: the moment to show a sign-in form. */
  readonly onSignedOut?: () => void;
  /** Pings that find a dead socket; `false` for none. Default: every 15 s, the answer within 5 s. */
  readonly keepAlive?: { readonly intervalMs: number; readonly pongTimeoutMs: number } | false;
  /** Wait before the next attempt, doubling from `base` to `cap`, jittered, in ms. Default: 300 to 20,000. */
  readonly backoff?: { readonly base: number; readonly cap: number };
  readonly clock?: Clock;
  readonly random?: Random;
}

export interface WebSocketConnection extends Connection {
  /** The terminating link: `createTRPCClient<AppRouter>({ links: [connection.link] })`. Its first call opens it. */
  readonly link: TRPCLink<AnyTRPCRouter>;
}

/** One stock client, from `open` until `close` or sign-out. */
interface Session {
  readonly ended: AbortController;
  /** Failed attempts in a row. */
  attempt: number;
  /** Refused identities in a row. */
  refusals: number;
  token: string | null;
  readonly sockets: Set<WebSocketLike>;
  readonly open: Set<WebSocketLike>;
  /** Ends the wait before the next attempt. */
  hurry: AbortController;
  readonly call: OperationLink;
  readonly stop: () => Promise<void>;
}

export function createConnection(options: ConnectionOptions): WebSocketConnection {
  const {
    clock = systemClock,
    random = Math.random,
    keepAlive = { intervalMs: 15_000, pongTimeoutMs: 5_000 },
  } = options;
  const { base, cap } = options.backoff ?? { base: 300, cap: 20_000 };
  const Socket = options.WebSocket ?? (globalThis as { WebSocket?: WebSocketClass }).WebSocket;
  if (!Socket) {
    throw new Error(
      'createConnection: this runtime has no WebSocket. Pass one: ' +
        "import { WebSocket } from 'ws'; createConnection({ url, WebSocket })",
    );
  }
  const SocketClass = Socket;
  const listeners = createListeners();
  const connectionParams = options.connectionParams ?? ((token: string) => ({ token }));
  let state: ConnectionState = { state: 'idle' };
  let session: Session | undefined;
  let stopping: Promise<void> = Promise.resolve();

  function enter(next: ConnectionState): void {
    if (next.state === state.state && next.state !== 'waiting') return;
    state = next;
    listeners.notify();
  }

  function startSession(): Session {
    const ended = new AbortController();
    const watched = observedSocket(SocketClass, clock, {
      made: (socket) => {
        own.sockets.add(socket);
        if (ended.signal.aborted) socket.close();
      },
      opened: (socket) => {
        own.open.add(socket);
        if (session === own) enter({ state: 'open' });
      },
      accepted: () => {
        // Not 0: when a server restarts, its clients come back spread over the first wait, not all at once.
        own.attempt = 1;
        own.refusals = 0;
      },
      closed: (socket, code) => {
        own.sockets.delete(socket);
        own.open.delete(socket);
        if (session !== own) return;
        if (code === UNAUTHENTICATED_CLOSE_CODE) refused(own);
        else if (own.open.size === 0) enter({ state: 'connecting' });
      },
    });
    const client = createWSClient({
      // Asked for first inside the stock constructor, when there is no session to look at yet.
      url: async () => {
        await Promise.resolve();
        return nextAttempt(own);
      },
      // The wait is in `url`, where it can be shown, hurried and ended; the stock one could do none of these.
      retryDelayMs: () => 0,
      WebSocket: watched as unknown as NonNullable<StockOptions['WebSocket']>,
      keepAlive: keepAlive === false ? { enabled: false } : { enabled: true, ...keepAlive },
      ...(options.token && { connectionParams: () => connectionParams(own.token ?? '') }),
    });
    const linkOptions = { client, transformer: options.transformer } as LinkOptions;
    const own: Session = {
      ended,
      attempt: 0,
      refusals: 0,
      token: null,
      sockets: new Set(),
      open: new Set(),
      hurry: new AbortController(),
      call: wsLink<AnyTRPCRouter>(linkOptions)({}),
      stop: () => client.close(),
    };
    return own;
  }

  /** Runs before each attempt of the stock client: waits its turn, gets the token, gives the URL. */
  async function nextAttempt(own: Session): Promise<string> {
    if (own.attempt > 0) {
      const wait = backoff(own.attempt - 1, { base, cap, random });
      own.hurry = new AbortController();
      if (own.open.size === 0 && session === own) enter({ state: 'waiting', nextTryAt: clock.now() + wait });
      await clock.sleep(wait, own.hurry.signal);
    }
    if (own.ended.signal.aborted) throw new Error('the connection was closed');
    own.attempt += 1;
    if (own.open.size === 0) enter({ state: 'connecting' });
    if (options.token) {
      own.token = await Promise.race([options.token({ refresh: own.refusals > 0 }), ended(own)]);
      if (own.token === null) {
        endSession(own, { state: 'signed-out' });
        throw new Error('nobody is signed in');
      }
    }
    return typeof options.url === 'function' ? options.url() : options.url;
  }

  /** Rejects when the session ends, so that a token that never comes does not hold up `close`. */
  function ended(own: Session): Promise<never> {
    return new Promise((_, reject) => {
      const end = (): void => reject(new Error('the connection was closed'));
      if (own.ended.signal.aborted) end();
      own.ended.signal.addEventListener('abort', end, { once: true });
    });
  }

  /** Once: try again with a fresh token, without waiting. Twice in a row: the person has to sign in. */
  function refused(own: Session): void {
    own.refusals += 1;
    if (own.refusals > 1) {
      endSession(own, { state: 'signed-out' });
      return;
    }
    own.attempt = 0;
    if (own.open.size === 0) enter({ state: 'connecting' });
  }

  function endSession(own: Session, next: ConnectionState): void {
    if (session !== own) return;
    session = undefined;
    own.ended.abort();
    own.hurry.abort();
    // First, so that the stock client does not reconnect when the sockets close.
    stopping = own.stop();
    for (const socket of own.sockets) socket.close();
    enter(next);
    if (next.state === 'signed-out') options.onSignedOut?.();
  }

  function open(): void {
    session ??= startSession();
    enter(session.open.size > 0 ? { state: 'open' } : state.state === 'waiting' ? state : { state: 'connecting' });
  }

  const link: TRPCLink<AnyTRPCRouter> = () => (operation) => {
    if (state.state === 'idle') open();
    if (session) return session.call(operation);
    const code = state.state === 'closed' ? 'closing' : 'unauthenticated';
    const detail = state.state === 'closed' ? 'the connection was closed' : 'nobody is signed in';
    return observable((observer) => {
      observer.error(TRPCClientError.from(new TidemarkError(code, detail)));
    });
  };

  return {
    link,
    getSnapshot: () => state,
    subscribe: listeners.add,
    open,
    retryNow: () => {
      if (session) session.attempt = Math.min(session.attempt, 1);
      session?.hurry.abort();
    },
    renew: () => {
      if (!session) return;
      session.refusals = Math.max(session.refusals, 1);
      if (session.open.size === 0) session.hurry.abort();
      for (const socket of session.open) socket.close();
    },
    close: async () => {
      if (session) endSession(session, { state: 'closed' });
      else if (state.state === 'idle') enter({ state: 'closed' });
      await stopping;
    },
  };
}
