/**
 * Stage   connection: the socket under the feed and the calls, or HTTP where there can be none
 * In      a URL and a way to get a token; what the device says of its network
 * Out     a tRPC link, and the state of the connection
 * Keeps   P8 (the stock client resumes its subscriptions from their last id), P11 (waits grow, and are capped)
 * Proved  packages/client/test/connection.test.ts, connection/*.test.ts, test/e2e/fallback.test.ts
 */
import { backoff, type Clock, type Random, systemClock, TidemarkError, type UserId } from '@tidemark/core';
import { createWSClient, TRPCClientError, type TRPCLink, wsLink } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import { observable } from '@trpc/server/observable';
import { onAbort } from '../abort-signal.ts';
import { callListener, createListeners } from '../views/view.ts';
import { within } from '../within.ts';
import { errorReader } from './can-read.ts';
import { type Connection, type ConnectionState, hasEnded } from './connection.ts';
import { type ConnectionCause, textOf, UNREADABLE } from './connection-cause.ts';
import { type ConnectionEvent, nextState } from './connection-table.ts';
import type { HttpFallback, HttpRoad } from './http-road.ts';
import { createIdentity, type Identity, type TokenSource } from './identity.ts';
import { type ObservedSocket, observedSocket, type WebSocketClass } from './observed-socket.ts';
import { createSocketRoad, type SocketRoad } from './socket-road.ts';
import { browserSurroundings, type Surroundings, type SurroundingsChange } from './surroundings.ts';
import { type SocketTiming, watchSocket } from './watch-socket.ts';

type StockOptions = Parameters<typeof createWSClient>[0];
type LinkOptions = Parameters<typeof wsLink<AnyTRPCRouter>>[0];

/** The server closes a socket with it when the identity is missing, expired or revoked. */
export const UNAUTHENTICATED_CLOSE_CODE = 4401;

/** The server closes a socket with it to end this session for good: signed in elsewhere, or removed by an administrator. */
export const KICKED_CLOSE_CODE = 4409;

/** With these the server says that it does not take what was sent: breach of the protocol, of a policy, too large a frame. */
const REFUSED_FRAME_CODES: readonly (number | undefined)[] = [1002, 1003, 1007, 1008, 1009];

/** Refusals within so long of each other, in ms, are waited for longer and longer. */
const QUIET_MS = 60_000;

/** A socket is asked for a sign of life when the app is shown again, and has so long to give one. */
const CHECK_MS = 2_000;

/** After so long a silence the answer isn't waited for. Longer than browsers delay the timers of hidden pages. */
const LONG_SILENCE_MS = 120_000;

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
  /** `token` and `url` that have not answered by then count as failed, and are asked again, in ms. Default 30,000. */
  readonly tokenTimeoutMs?: number;
  /** For networks that block WebSocket: `httpFallback` of `@tidemark/client/http`. Default: none. */
  readonly fallback?: HttpFallback;
  /** Pings that find a dead socket; `false` for none. Default: every 15 s, the answer within 5 s. */
  readonly keepAlive?: { readonly intervalMs: number; readonly pongTimeoutMs: number } | false;
  /** A socket that has not opened by then is given up, in ms. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** Wait before the next attempt, doubling from `base` to `cap`, jittered, in ms. Default: 300 to 20,000. */
  readonly backoff?: { readonly base: number; readonly cap: number };
  /** Default: the page's or worker's own events, where there are any. */
  readonly surroundings?: Surroundings;
  readonly clock?: Clock;
  readonly random?: Random;
}

export interface WebSocketConnection extends Connection {
  /** The terminating link: `createTRPCClient<AppRouter>({ links: [connection.link] })`. Its first call opens it. */
  readonly link: TRPCLink<AnyTRPCRouter>;
}

/** One stock client, from `open` until the connection ends. */
interface Session {
  readonly ended: AbortController;
  readonly identity: Identity;
  /** Whom the client is for that opened it. */
  userId: UserId | undefined;
  /** Failed attempts in a row. */
  attempt: number;
  /** Why the last one failed. */
  cause: ConnectionCause;
  /** Of the identity: when the last was, and how many came soon after another. */
  refused: { readonly at: number; readonly soon: number };
  /** Ends the wait while the page is frozen. */
  thaw: () => void;
  token: string;
  readonly sockets: Set<ObservedSocket>;
  /** In the order in which they opened. */
  readonly open: Set<ObservedSocket>;
  /** Sockets that are closed once another one works. */
  readonly doubted: Set<ObservedSocket>;
  /** A second socket was asked for, and the stock client has not begun to open it. */
  asked: AbortController | undefined;
  /** The stock client is opening a socket. */
  opening: boolean;
  /** Ends the wait before the next attempt. */
  hurry: AbortController;
  readonly socket: SocketRoad;
  readonly http: HttpRoad | undefined;
  readonly stop: () => Promise<void>;
}

export function createConnection(options: ConnectionOptions): WebSocketConnection {
  const { clock = systemClock, random = Math.random, fallback, tokenTimeoutMs = 30_000 } = options;
  const { surroundings = browserSurroundings() } = options;
  const wait = options.backoff ?? { base: 300, cap: 20_000 };
  const keepAlive = options.keepAlive ?? { intervalMs: 15_000, pongTimeoutMs: 5_000 };
  const timing: SocketTiming = keepAlive || { intervalMs: false, pongTimeoutMs: CHECK_MS };
  const listeners = createListeners();
  const canRead = errorReader(options.transformer);
  const connectionParams = options.connectionParams ?? ((token: string) => ({ token }));
  let state: ConnectionState = { state: 'idle' };
  let session: Session | undefined;
  let stopping: Promise<void> = Promise.resolve();
  let openedSockets = 0;
  let refusedFrames = 0;

  // ── What happens, by the table, and what follows from it ─────────────────────────────────────────────────────────

  function happen(event: ConnectionEvent, nextTryAt?: number, cause: ConnectionCause = NEVER_TRIED): void {
    const before = state.state;
    const name = nextState(before, event);
    if (name === 'waiting') {
      if (nextTryAt === undefined) return;
      state = { state: name, nextTryAt, cause };
    } else {
      if (name === before) return;
      state = name === 'signed-out' ? { state: name, cause } : { state: name };
    }
    if (hasEnded(state)) endSession();
    else if (name === 'offline') letGo();
    else if (before === 'offline') hurry(0);
    listeners.notify();
    if (name === 'signed-out') callListener(() => options.onSignedOut?.());
  }

  /** Late news of a session that is over changes nothing. */
  function happenIn(own: Session, event: ConnectionEvent, nextTryAt?: number, cause = own.cause): void {
    if (session === own) happen(event, nextTryAt, cause);
  }

  function lookWhetherUp(own: Session): void {
    const isUp = overHttp(own) ? own.http?.isUp : own.open.size > 0;
    // A late answer to a page that is frozen opens nothing.
    happenIn(own, isUp && !surroundings.frozen ? 'up' : 'down');
  }

  function overHttp(own: Session): boolean {
    return own.http?.roads.taken === 'http';
  }

  function endSession(): void {
    const own = session;
    if (!own) return;
    session = undefined;
    own.ended.abort();
    own.hurry.abort();
    own.thaw();
    own.asked?.abort();
    // First, so that the stock client does not reconnect when the sockets close.
    stopping = own.stop();
    for (const socket of own.sockets) socket.close();
    own.http?.roads.close(endedError);
  }

  function letGo(): void {
    for (const socket of session?.sockets ?? []) socket.close();
    session?.http?.restart();
    session?.hurry.abort();
  }

  /** Does not wait for the next attempt; the one after `attempt` failures is next. */
  function hurry(attempt: number): void {
    if (!session) return;
    session.attempt = Math.min(session.attempt, attempt);
    session.hurry.abort();
  }

  // ── A session ────────────────────────────────────────────────────────────────────────────────────────────────────

  function startSession(SocketClass: WebSocketClass): Session {
    const ended = new AbortController();
    const identity = createIdentity({
      source: options.token,
      timeoutMs: tokenTimeoutMs,
      clock,
      ended: ended.signal,
      signOut: (cause) => happenIn(own, 'refused', undefined, cause),
    });
    const watched = observedSocket(SocketClass, clock, options.connectTimeoutMs ?? 10_000, canRead, {
      made: (socket) => {
        own.sockets.add(socket);
        if (ended.signal.aborted) socket.close();
      },
      failed: (error) => {
        own.cause = { reason: 'url', detail: textOf(error) };
      },
      opened: (socket) => opened(own, socket),
      accepted: (socket) => accepted(own, socket),
      closed: (socket, code) => closed(own, socket, code),
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
      // On our clock, in watchSocket.
      keepAlive: { enabled: false },
      ...(options.token && { connectionParams: () => connectionParams(own.token) }),
    });
    const stock = wsLink<AnyTRPCRouter>({ client, transformer: options.transformer } as LinkOptions)({});
    const socket = createSocketRoad(stock, () => own.open.size > 0);
    const http = fallback?.open({
      socket: socket.call,
      transformer: options.transformer,
      sendsToken: options.token !== undefined,
      identity,
      clock,
      random,
      backoff: wait,
      ended: ended.signal,
      network: () => thawed(own),
      changed: () => {
        if (overHttp(own)) lookWhetherUp(own);
      },
    });
    const own: Session = {
      ended,
      userId: undefined,
      identity,
      attempt: 0,
      cause: NEVER_TRIED,
      refused: { at: -Infinity, soon: 0 },
      thaw: () => undefined,
      token: '',
      sockets: new Set(),
      open: new Set(),
      doubted: new Set(),
      asked: undefined,
      opening: false,
      hurry: new AbortController(),
      socket,
      http,
      stop: () => client.close(),
    };
    onAbort(ended.signal, surroundings.subscribe(notice));
    return own;
  }

  function opened(own: Session, socket: ObservedSocket): void {
    if (!overHttp(own)) openedSockets += 1;
    own.open.add(socket);
    own.opening = false;
    void watchSocket(
      socket,
      timing,
      clock,
      () => surroundings.visible,
      () => doubt(own),
    );
    if (!overHttp(own)) lookWhetherUp(own);
    // Some proxies let a socket open, and then nothing through.
    if (fallback) void socket.answers(timing.pongTimeoutMs).then((doesAnswer) => prove(own, socket, doesAnswer));
  }

  function prove(own: Session, socket: ObservedSocket, doesAnswer: boolean): void {
    if (!doesAnswer) socket.close();
    else if (session === own && overHttp(own) && socket.isOpen) {
      openedSockets += 1;
      own.http?.roads.take('socket');
      lookWhetherUp(own);
    }
  }

  function accepted(own: Session, socket: ObservedSocket): void {
    // Not 0: when a server restarts, its clients come back spread over the first wait, not all at once.
    own.attempt = 1;
    own.identity.accepted();
    if (own.asked) socket.askForReplacement();
    if (own.doubted.has(socket)) return;
    for (const each of own.doubted) each.close();
  }

  function closed(own: Session, socket: ObservedSocket, code: number | undefined): void {
    own.sockets.delete(socket);
    own.open.delete(socket);
    own.doubted.delete(socket);
    if (session !== own) return;
    own.cause = socket.cause;
    if (socket.cause === UNREADABLE) pace(own);
    if (own.open.size === 0) own.socket.lose(() => TRPCClientError.from(new Error(socket.cause.detail)));
    if (REFUSED_FRAME_CODES.includes(code)) refusedFrames += 1;
    if (code === KICKED_CLOSE_CODE) {
      happen('kicked');
      return;
    }
    if (code === UNAUTHENTICATED_CLOSE_CODE) {
      pace(own);
      own.identity.refused({ reason: 'unauthenticated', detail: 'the server refused the identity' });
    } else if (state.state !== 'offline') {
      own.http?.socketClosed(socket.heard === 0);
    }
    lookWhetherUp(own);
  }

  /** One that comes after a long while is answered at once: tokens expire. One soon after another waits longer each time. */
  function pace(own: Session): void {
    const at = clock.monotonic();
    const soon = at - own.refused.at < QUIET_MS ? own.refused.soon + 1 : 0;
    own.refused = { at, soon };
    own.attempt = soon;
  }

  /** Runs before each attempt of the stock client: waits its turn, gets the token, gives the URL. */
  async function nextAttempt(own: Session): Promise<string> {
    own.asked?.abort();
    own.asked = undefined;
    own.opening = true;
    await turn(own);
    own.attempt += 1;
    happenIn(own, 'attempt');
    own.token = await failingAs('token', own, () => own.identity.token());
    const askUrl = () => (typeof options.url === 'string' ? options.url : options.url());
    const url = await failingAs('url', own, () =>
      within(tokenTimeoutMs, 'tokenTimeoutMs', askUrl, clock, own.ended.signal),
    );
    // The page was frozen while the token was fetched.
    await thawed(own);
    return url;
  }

  async function failingAs<T>(reason: 'token' | 'url', own: Session, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      own.cause = { reason, detail: textOf(error) };
      throw error;
    }
  }

  async function turn(own: Session): Promise<void> {
    await thawed(own);
    if (own.attempt > 0) {
      if (!surroundings.network) happenIn(own, 'network gone');
      const failures = state.state === 'offline' ? Infinity : own.attempt - 1;
      const waitMs = own.http?.probeWait(own.attempt) ?? backoff(failures, { ...wait, random });
      own.hurry = new AbortController();
      happenIn(own, 'wait', clock.now() + waitMs);
      await clock.sleep(waitMs, own.hurry.signal);
      await thawed(own);
    }
  }

  /** Resolves when the page is not frozen; while it is there is no timer either. */
  async function thawed(own: Session): Promise<void> {
    while (!own.ended.signal.aborted && surroundings.frozen) {
      await new Promise<void>((resolve) => {
        const others = own.thaw;
        own.thaw = () => {
          others();
          resolve();
        };
      });
    }
    if (own.ended.signal.aborted) throw new Error('the connection was closed');
  }

  // ── A socket in doubt ────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * A second socket beside the one in use: it carries on until the second one does, so the feed never stops. The stock
   * client does not hear of it while it is still moving to the newest one; then the sockets are closed instead.
   */
  function replace(own: Session): void {
    if (own.opening || own.asked) return;
    const asked = new AbortController();
    own.asked = asked;
    own.attempt = 0;
    [...own.open].at(-1)?.askForReplacement();
    void clock.sleep(CHECK_MS, asked.signal).then(() => {
      if (own.asked !== asked) return;
      own.asked = undefined;
      for (const socket of own.open) socket.close();
    });
  }

  /** The device slept: nobody knows whether the sockets live. They aren't waited for. */
  function doubt(own: Session): void {
    for (const socket of own.open) own.doubted.add(socket);
    replace(own);
  }

  function notice(change: SurroundingsChange): void {
    session?.thaw();
    if (change === 'network back') {
      happen(change);
      hurry(0);
    } else if (change === 'network gone' && (surroundings.frozen || !session?.open.size)) happen(change);
    else check();
  }

  /** Whether what is open lives. The device may be wrong about its network: a socket that answers is kept. */
  function check(): void {
    const own = session;
    if (!own) return;
    if (own.open.size === 0 && surroundings.network) hurry(1);
    if ([...own.open].some((socket) => clock.monotonic() - socket.heardAt > LONG_SILENCE_MS)) doubt(own);
    for (const socket of own.open) {
      void socket.answers(CHECK_MS).then((doesAnswer) => {
        if (doesAnswer || !socket.isOpen) return;
        own.attempt = 0;
        socket.close();
      });
    }
  }

  // ── For the application ──────────────────────────────────────────────────────────────────────────────────────────

  function open(userId?: UserId): void {
    const before = session?.userId;
    if (before !== undefined && userId !== undefined && before !== userId) happen('close');
    session ??= startSession(socketClass(options));
    session.userId ??= userId;
    happen('open');
    if (surroundings.frozen) happen('network gone');
  }

  function endedError(): TidemarkError {
    if (state.state === 'closed') return new TidemarkError('closing', 'the connection was closed');
    const detail = state.state === 'kicked' ? 'the server ended this session' : 'nobody is signed in';
    return new TidemarkError('unauthenticated', detail);
  }

  const link: TRPCLink<AnyTRPCRouter> = () => (operation) => {
    if (state.state === 'idle') open();
    if (session) return (session.http?.roads ?? session.socket).call(operation);
    return observable((observer) => {
      observer.error(TRPCClientError.from(endedError()));
    });
  };

  return {
    link,
    getSnapshot: () => state,
    subscribe: listeners.add,
    open,
    retryNow: () => {
      session?.identity.giveUp();
      hurry(1);
    },
    renew: () => {
      if (!session) return;
      session.identity.doubt();
      session.http?.restart();
      if (session.open.size > 0) replace(session);
      else session.hurry.abort();
    },
    close: async () => {
      happen('close');
      await stopping;
    },
    accepted: () => session?.identity.accepted(true),
    denied: (cause) => {
      const own = session;
      if (!own) return;
      pace(own);
      own.identity.denied(cause);
      for (const socket of own.sockets) socket.close();
      own.http?.restart();
    },
    displaced: () => happen('kicked'),
    get opened() {
      return openedSockets;
    },
    get refusedFrames() {
      return refusedFrames;
    },
  };
}

const NEVER_TRIED: ConnectionCause = { reason: 'unreachable', detail: 'no attempt yet' };

function socketClass({ WebSocket }: ConnectionOptions): WebSocketClass {
  const found = WebSocket ?? (globalThis as { WebSocket?: WebSocketClass }).WebSocket;
  if (found) return found;
  throw new Error("this runtime has no WebSocket: import { WebSocket } from 'ws', and hand it to createConnection");
}
