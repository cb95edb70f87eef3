/**
 * Stage   connection: the socket under the feed and the calls, or HTTP where there can be none
 * In      a URL and a way to get a token; what the device says of its network
 * Out     a tRPC link, and the state of the connection
 * Keeps   P8 (the stock client resumes its subscriptions from their last id), P11 (waits grow, and are capped)
 * Proved  packages/client/test/connection.test.ts, connection/*.test.ts, test/e2e/fallback.test.ts
 */
import { systemClock, TidemarkError, type UserId } from '@tidemark/core';
import { TRPCClientError, type TRPCLink } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import { observable } from '@trpc/server/observable';
import { checkOption, LONGEST_MS, wholeNumbers } from '../check-options.ts';
import { callListener, createListeners } from '../views/view.ts';
import { NEVER_TRIED } from './attempts.ts';
import { type Connection, type ConnectionState, hasEnded } from './connection.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { type ConnectionEvent, nextState } from './connection-table.ts';
import { browserEnvironment } from './environment.ts';
import type { WebSocketClass } from './observed-socket.ts';
import { createSession, type Session, type SessionOptions } from './session.ts';

export interface WebSocketConnection extends Connection {
  /** The terminating link: `createTRPCClient<AppRouter>({ links: [connection.link] })`. Its first call opens it. */
  readonly link: TRPCLink<AnyTRPCRouter>;
}

export function createConnection(options: ConnectionOptions): WebSocketConnection {
  const { environment = browserEnvironment(), clock = systemClock, random = Math.random } = options;
  const timeouts = checkedTimeouts(options);
  const listeners = createListeners();
  let state: ConnectionState = { state: 'idle' };
  let session: Session | undefined;
  let stopping: Promise<void> = Promise.resolve();

  /** What happens, by the table, and what follows from it. */
  function happen(event: ConnectionEvent, nextTryAt?: number, cause = NEVER_TRIED): void {
    const before = state.state;
    const name = nextState(before, event);
    if (name === 'waiting') {
      if (nextTryAt === undefined) return;
      state = { state: name, nextTryAt, cause };
    } else {
      if (name === before) return;
      state = name === 'signed-out' || name === 'incompatible' ? { state: name, cause } : { state: name };
    }
    if (hasEnded(state)) endSession();
    else if (name === 'offline') session?.letGo();
    else if (before === 'offline') session?.hurry(0);
    listeners.notify();
    if (name === 'signed-out') callListener(() => options.onSignedOut?.());
  }

  function endSession(): void {
    const own = session;
    session = undefined;
    if (own) stopping = own.end(endedError);
  }

  function open(userId?: UserId): void {
    const before = session?.userId;
    if (before !== undefined && userId !== undefined && before !== userId) happen('close');
    session ??= createSession({
      ...options,
      ...timeouts,
      environment,
      clock,
      random,
      WebSocket: socketClass(options),
      counts: connection,
      happen,
      isOffline: () => state.state === 'offline',
    });
    session.userId ??= userId;
    happen('open');
    if (environment.frozen) happen('network-gone');
  }

  function endedError(): TidemarkError {
    if (state.state === 'closed') return new TidemarkError('closing', 'the connection was closed');
    const detail = 'cause' in state ? state.cause.detail : 'the server ended this session';
    return new TidemarkError('unauthenticated', detail);
  }

  const link: TRPCLink<AnyTRPCRouter> = () => (operation) => {
    if (state.state === 'idle') open();
    if (session) return session.call(operation);
    return observable((observer) => {
      observer.error(TRPCClientError.from(endedError()));
    });
  };

  const connection: WebSocketConnection & SessionOptions['counts'] = {
    link,
    getSnapshot: () => state,
    subscribe: listeners.add,
    open,
    retryNow: () => {
      session?.identity.giveUp();
      session?.hurry(1);
    },
    renew: () => session?.renew(),
    close: async () => {
      happen('close');
      await stopping;
    },
    accepted: () => session?.identity.accepted(true),
    denied: (cause) => session?.denied(cause),
    displaced: () => happen('kicked'),
    incompatible: (cause) => happen('incompatible', undefined, cause),
    opened: 0,
    refusedFrames: 0,
  };
  return connection;
}

const TIMEOUTS = { tokenTimeoutMs: [30_000, LONGEST_MS], connectTimeoutMs: [10_000, LONGEST_MS] } as const;

/** Throws `invalid_input` for an option that breaks its rule. */
function checkedTimeouts(options: ConnectionOptions): Readonly<Record<keyof typeof TIMEOUTS, number>> {
  const { url, token = '' } = options;
  checkOption(isFunction(url) || /^wss?:\/\//i.test(url), 'url', 'must begin with ws:// or wss://, or be a function');
  checkOption(isFunction(token) || typeof token === 'string', 'token', 'must be a string or a function');
  return wholeNumbers(TIMEOUTS, options);
}

function isFunction(value: unknown): value is (...input: never) => unknown {
  return typeof value === 'function';
}

function socketClass({ WebSocket }: ConnectionOptions): WebSocketClass {
  const found = WebSocket ?? (globalThis as { WebSocket?: WebSocketClass }).WebSocket;
  checkOption(isFunction(found), 'WebSocket', "must be given to this runtime: import { WebSocket } from 'ws'");
  return found as WebSocketClass;
}
