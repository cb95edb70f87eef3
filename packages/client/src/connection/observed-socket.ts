import type { Clock } from '@tidemark/core';
import { createWakeSignal } from '../abort-signal.ts';
import { type ConnectionCause, UNREADABLE } from './connection-cause.ts';

/** The subset of the WebSocket class that is called: the browser's, and that of the `ws` package. */
export interface WebSocketClass {
  new (url: string): WebSocketLike;
}

export interface WebSocketLike {
  binaryType?: unknown;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'message' | 'error' | 'close', listener: (event: SocketEvent) => void): void;
  /** Sockets of the `ws` package have it: ends the connection without waiting for the other side. */
  terminate?(): void;
}

export interface SocketEvent {
  readonly type?: string;
  readonly data?: unknown;
  readonly code?: number;
  /** Sockets of the `ws` package say why they did not open. */
  readonly message?: string;
}

export interface SocketObserver {
  made(socket: ObservedSocket): void;
  /** The WebSocket class itself threw. */
  failed(error: unknown): void;
  opened(socket: ObservedSocket): void;
  /** Called once per socket, when the server has answered something: identity and context were accepted. */
  accepted(socket: ObservedSocket): void;
  /** Called once per socket; `code` is undefined when it ended from this side. */
  closed(socket: ObservedSocket, code: number | undefined): void;
}

type Listener = (this: ObservedSocket, event: SocketEvent) => void;

/** A socket between the stock tRPC client and the real one. */
export interface ObservedSocket {
  /** Frames heard so far. */
  heard: number;
  /** On the monotonic clock: when the last frame came, or the socket opened. */
  heardAt: number;
  /** Why it is gone. */
  cause: ConnectionCause;
  readonly isOpen: boolean;
  /** Aborted when it is closed. */
  readonly ended: AbortSignal;
  /** Whether anything comes back within `timeoutMs`; false at once when it closes. */
  answers(timeoutMs: number): Promise<boolean>;
  /** Has the stock client open a second socket, and move to it once that is open. */
  askForReplacement(): void;
  /** Closed at once as far as anyone here can see; the real one follows when it can. */
  close(): void;
}

/** What the stock client reads and calls beyond. */
interface StockSocket {
  readonly OPEN: number;
  readyState: number;
  addEventListener(type: string, listener: Listener): void;
  removeEventListener(type: string, listener: Listener): void;
}

/** How long a closing handshake may take before the socket is cut. */
const CLOSE_GRACE_MS = 2_000;

/** What a tRPC server sends when it wants its clients to connect again. */
const RECONNECT = '{"id":null,"method":"reconnect"}';

const [CONNECTING, OPEN, CLOSING, CLOSED] = [0, 1, 2, 3];

/**
 * The WebSocket class for the stock tRPC client, watched: the stock client tells neither that the server has answered nor
 * which socket closed with which code. And in hand: a socket that is closed here is closed for the stock client in the
 * same turn, while a real one on a dead network takes its time, with calls hanging on it.
 */
export function observedSocket(
  Base: WebSocketClass,
  clock: Clock,
  connectTimeoutMs: number,
  /** Whether the stock client can read an error of the server. */
  canRead: (error: unknown) => boolean,
  observer: SocketObserver,
): new (
  url: string,
) => ObservedSocket {
  function Watched(url: string): ObservedSocket {
    const real = construct(Base, url, observer);
    const over = new AbortController();
    const ended = over.signal;
    const opened = new AbortController();
    /** Ends the waits for a sign of life. */
    const answered = createWakeSignal();
    const listeners = new Map<string, Set<Listener>>();
    let isAccepted = false;

    const socket: ObservedSocket & WebSocketLike & StockSocket = {
      OPEN,
      readyState: CONNECTING,
      heard: 0,
      heardAt: clock.monotonic(),
      cause: { reason: 'unreachable', detail: 'it did not open' },
      ended,
      get isOpen() {
        return socket.readyState === OPEN;
      },
      set binaryType(type: unknown) {
        real.binaryType = type;
      },
      // A frame for each call: what the server thinks of one, or of its size, must not meet the others.
      send: (data) => {
        if (!socket.isOpen) return;
        if (!data.startsWith('[')) real.send(data);
        else for (const call of JSON.parse(data) as unknown[]) real.send(JSON.stringify(call));
      },
      close: (code?: number, reason?: string) => {
        if (ended.aborted) return;
        const wasOpen = socket.isOpen;
        letGo(code, reason);
        // Not within the caller's own turn, as with a real socket. One that never opened fails first, also as with a real one.
        queueMicrotask(() => {
          if (!wasOpen) dispatch('error', { type: 'error' });
          closed({ type: 'close' });
        });
      },
      addEventListener: (type, listener) => {
        const known = listeners.get(type) ?? new Set();
        listeners.set(type, known.add(listener));
        // Closed while it was being made, before anyone could listen.
        if (type === 'error' && socket.readyState === CLOSED) queueMicrotask(() => listener.call(socket, { type }));
      },
      removeEventListener: (type, listener) => listeners.get(type)?.delete(listener),
      answers: async (timeoutMs) => {
        if (!socket.isOpen) return false;
        const before = socket.heard;
        real.send('PING');
        await clock.sleep(timeoutMs, answered.signal);
        return socket.heard > before;
      },
      askForReplacement: () => {
        if (socket.isOpen) dispatch('message', { type: 'message', data: RECONNECT });
      },
    };

    function message(event: SocketEvent): void {
      if (ended.aborted) return;
      socket.heard += 1;
      socket.heardAt = clock.monotonic();
      const error = errorIn(event.data);
      if (error !== undefined && !canRead(error)) {
        socket.close();
        socket.cause = UNREADABLE;
        return;
      }
      dispatch('message', event);
      answered.wake();
      if (isAccepted || !isAnswer(event.data)) return;
      isAccepted = true;
      observer.accepted(socket);
    }

    function closed(event: SocketEvent): void {
      if (socket.readyState === CLOSED) return;
      if (socket.isOpen) socket.cause = { reason: 'lost', detail: `the socket was closed with ${event.code}` };
      socket.readyState = CLOSED;
      end();
      // First, so that whoever hears of it finds the stock client as it was.
      observer.closed(socket, event.code);
      dispatch('close', event);
    }

    /** Closes the real socket; one of the `ws` package is cut when the other side does not answer. */
    function letGo(code?: number, reason?: string): void {
      socket.readyState = CLOSING;
      end();
      const gone = new AbortController();
      real.addEventListener('close', () => gone.abort());
      real.close(code, reason);
      if (!real.terminate) return;
      void clock.sleep(CLOSE_GRACE_MS, gone.signal).then(() => {
        if (!gone.signal.aborted) real.terminate?.();
      });
    }

    function end(): void {
      opened.abort();
      over.abort();
      answered.wake();
    }

    function dispatch(type: string, event: SocketEvent): void {
      for (const listener of [...(listeners.get(type) ?? [])]) listener.call(socket, event);
    }

    real.addEventListener('open', (event) => {
      if (ended.aborted) return;
      socket.readyState = OPEN;
      opened.abort();
      socket.heardAt = clock.monotonic();
      socket.cause = { reason: 'lost', detail: 'it is silent' };
      observer.opened(socket);
      dispatch('open', event);
    });
    real.addEventListener('message', message);
    real.addEventListener('error', (event) => {
      if (ended.aborted) return;
      if (socket.readyState === CONNECTING && event.message) socket.cause = { ...socket.cause, detail: event.message };
      dispatch('error', event);
    });
    real.addEventListener('close', closed);
    observer.made(socket);
    void clock.sleep(connectTimeoutMs, opened.signal).then(() => {
      if (socket.readyState !== CONNECTING) return;
      socket.cause = { reason: 'timeout', detail: `no socket within ${connectTimeoutMs} ms (connectTimeoutMs)` };
      socket.close();
    });
    return socket;
  }
  // What the stock client compares `readyState` with.
  return Object.assign(Watched, { OPEN, CLOSING, CLOSED }) as unknown as new (
    url: string,
  ) => ObservedSocket;
}

function construct(Base: WebSocketClass, url: string, observer: SocketObserver): WebSocketLike {
  try {
    return new Base(url);
  } catch (error) {
    observer.failed(error);
    throw error;
  }
}

/** The error of a frame, if it has one. What cannot be one is not parsed: most frames carry messages. */
function errorIn(data: unknown): unknown {
  return String(data).includes('"error":') ? parse(data)?.error : undefined;
}

/** PING and PONG, which are no JSON, are answered before the identity is looked at; an error is no acceptance, whoever it answers. */
function isAnswer(data: unknown): boolean {
  return parse(data)?.result !== undefined;
}

function parse(data: unknown): { readonly result?: unknown; readonly error?: unknown } | undefined {
  try {
    return JSON.parse(data as string);
  } catch {
    return undefined;
  }
}
