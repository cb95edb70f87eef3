import type { Clock, Random, UserId } from '@tidemark/core';
import { createWSClient, TRPCClientError, wsLink } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import { onAbort } from '../abort-signal.ts';
import { createAttempts } from './attempts.ts';
import { errorReader } from './can-read.ts';
import { type ConnectionCause, textOf, UNREADABLE } from './connection-cause.ts';
import type { ConnectionOptions } from './connection-options.ts';
import type { ConnectionEvent } from './connection-table.ts';
import type { Environment, EnvironmentChange } from './environment.ts';
import { createIdentity, type Identity } from './identity.ts';
import { type ObservedSocket, observedSocket, type SocketObserver, type WebSocketClass } from './observed-socket.ts';
import { CHECK_MS, createOpenSockets } from './open-sockets.ts';
import { createSocketTransport, type OperationLink } from './socket-transport.ts';
import { type SocketTiming, watchSocket } from './watch-socket.ts';

type StockClient = ReturnType<typeof createWSClient>;
type StockOptions = Parameters<typeof createWSClient>[0];
type LinkOptions = Parameters<typeof wsLink<AnyTRPCRouter>>[0];

/** The server closes a socket with it when the identity is missing, expired or revoked. */
export const UNAUTHENTICATED_CLOSE_CODE = 4401;

/** The server closes a socket with it to end this session for good: signed in elsewhere, or removed by an administrator. */
export const KICKED_CLOSE_CODE = 4409;

/** With these the server says that it does not take what was sent: breach of the protocol, of a policy, too large a frame. */
const REFUSED_FRAME_CODES: readonly (number | undefined)[] = [1002, 1003, 1007, 1008, 1009];

/** One stock client and its sockets, from `open` until the connection ends. */
export interface Session {
  /** Whom the client is for that opened it. */
  userId: UserId | undefined;
  readonly identity: Identity;
  readonly call: OperationLink;
  /** The network went away. */
  letGo(): void;
  /** Does not wait for the next attempt; the one after `failures` is next. */
  hurry(failures: number): void;
  renew(): void;
  denied(cause: ConnectionCause): void;
  /** @param error of the calls that end with it */
  end(error: () => Error): Promise<void>;
}

export interface SessionOptions extends ConnectionOptions {
  readonly WebSocket: WebSocketClass;
  readonly tokenTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly random: Random;
  /** Of all sessions of the connection. */
  readonly counts: { opened: number; refusedFrames: number };
  readonly happen: (event: ConnectionEvent, nextTryAt?: number, cause?: ConnectionCause) => void;
  readonly isOffline: () => boolean;
}

export function createSession(options: SessionOptions): Session {
  const { environment, clock, random, token, tokenTimeoutMs, transformer, fallback, counts, isOffline } = options;
  const { backoff = { baseMs: 300, capMs: 20_000 } } = options;
  const { keepAlive = { intervalMs: 15_000, pongTimeoutMs: 5_000 } } = options;
  const timing: SocketTiming = keepAlive || { intervalMs: false, pongTimeoutMs: CHECK_MS };
  const over = new AbortController();
  const ended = over.signal;
  const identity = createIdentity({
    source: typeof token === 'string' ? () => token : token,
    timeoutMs: tokenTimeoutMs,
    clock,
    ended,
    signOut: (cause) => happen('refused', undefined, cause),
  });
  const attempts = createAttempts({
    ...options,
    backoff,
    ended,
    identity,
    happen,
    probeWait: (failures) => http?.probeWait(failures),
  });
  const sockets = new Set<ObservedSocket>();
  const open = createOpenSockets(attempts, clock);

  /** An event of a session that has ended changes nothing. */
  function happen(event: ConnectionEvent, nextTryAt?: number, cause = attempts.cause): void {
    if (!ended.aborted) options.happen(event, nextTryAt, cause);
  }

  function isOverHttp(): boolean {
    return http?.transports.taken === 'http';
  }

  function lookWhetherUp(): void {
    const isUp = isOverHttp() ? http?.isUp : open.size > 0;
    // A late answer to a page that is frozen opens nothing.
    happen(isUp && !environment.frozen ? 'up' : 'down');
  }

  /** Calls go over a socket that was opened. */
  function taken(): void {
    counts.opened += 1;
    lookWhetherUp();
  }

  function prove(socket: ObservedSocket, doesAnswer: boolean): void {
    if (!doesAnswer) socket.close();
    else if (!ended.aborted && isOverHttp() && socket.isOpen) {
      http?.transports.take('socket');
      taken();
    }
  }

  const observer: SocketObserver = {
    made: (socket) => {
      sockets.add(socket);
      if (ended.aborted) socket.close();
    },
    failed: (error) => {
      attempts.cause = { reason: 'url', detail: textOf(error) };
    },
    opened: (socket) => {
      open.add(socket);
      void watchSocket(socket, timing, clock, () => environment.visible, open.doubt);
      if (!isOverHttp()) taken();
      // Some proxies let a socket open, and then nothing through.
      if (fallback) void socket.answers(timing.pongTimeoutMs).then((doesAnswer) => prove(socket, doesAnswer));
    },
    accepted: (socket) => {
      // Not 0: when a server restarts, its clients come back spread over the first wait, not all at once.
      attempts.failures = 1;
      identity.accepted();
      open.accepted(socket);
    },
    closed: (socket, code) => {
      sockets.delete(socket);
      open.delete(socket);
      if (ended.aborted) return;
      attempts.cause = socket.cause;
      if (socket.cause === UNREADABLE) attempts.pace();
      if (open.size === 0) socketTransport.lose(() => TRPCClientError.from(new Error(socket.cause.detail)));
      if (REFUSED_FRAME_CODES.includes(code)) counts.refusedFrames += 1;
      if (code === KICKED_CLOSE_CODE) return happen('kicked');
      if (code === UNAUTHENTICATED_CLOSE_CODE) {
        attempts.pace();
        identity.refused({ reason: 'unauthenticated', detail: 'the server refused the identity' });
      } else if (!isOffline()) http?.socketClosed(socket.heard === 0);
      lookWhetherUp();
    },
  };

  const nextUrl = (): Promise<string> => {
    open.opening();
    return attempts.next();
  };
  const client = createStockClient(options, observer, nextUrl, () => attempts.token);
  const link = wsLink<AnyTRPCRouter>({ client, transformer } as LinkOptions)({});
  const socketTransport = createSocketTransport(link, () => open.size > 0);
  const http = fallback?.open({
    socket: socketTransport.call,
    transformer,
    sendsToken: token !== undefined,
    identity,
    clock,
    random,
    backoff,
    ended,
    network: attempts.thawed,
    changed: () => {
      if (isOverHttp()) lookWhetherUp();
    },
  });

  function closeAll(): void {
    for (const socket of sockets) socket.close();
  }

  function notice(change: EnvironmentChange): void {
    attempts.thaw();
    if (change === 'network-back') {
      happen(change);
      attempts.hurry(0);
    } else if (change === 'network-gone' && (environment.frozen || open.size === 0)) happen(change);
    else if (open.size > 0) open.check();
    else if (environment.network) attempts.hurry(1);
  }

  onAbort(ended, environment.subscribe(notice));

  return {
    userId: undefined,
    identity,
    call: (http?.transports ?? socketTransport).call,
    letGo: () => {
      closeAll();
      http?.restart();
      attempts.hurry();
    },
    hurry: attempts.hurry,
    renew: () => {
      identity.doubt();
      http?.restart();
      if (open.size > 0) open.replace();
      else attempts.hurry();
    },
    denied: (cause) => {
      attempts.pace();
      identity.denied(cause);
      closeAll();
      http?.restart();
    },
    end: (error) => {
      over.abort();
      attempts.hurry();
      attempts.thaw();
      open.end();
      // First, so that the stock client does not reconnect when the sockets close.
      const stopped = client.close();
      closeAll();
      http?.transports.close(error);
      return stopped;
    },
  };
}

function createStockClient(
  options: SessionOptions,
  observer: SocketObserver,
  nextUrl: () => Promise<string>,
  tokenOf: () => string,
): StockClient {
  const { WebSocket, clock, connectTimeoutMs, transformer, connectionParams = (token) => ({ token }) } = options;
  const watched = observedSocket(WebSocket, clock, connectTimeoutMs, errorReader(transformer), observer);
  return createWSClient({
    url: nextUrl,
    // The wait is in `nextUrl`, where it can be shown, hurried and ended; the stock one could do none of these.
    retryDelayMs: () => 0,
    WebSocket: watched as unknown as NonNullable<StockOptions['WebSocket']>,
    // On our clock, in watchSocket.
    keepAlive: { enabled: false },
    ...(options.token !== undefined && { connectionParams: () => connectionParams(tokenOf()) }),
  });
}
