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
  readonly heard: number;
  /** On the monotonic clock: when the last frame came, or the socket opened. */
  readonly heardAt: number;
  /** Why it is gone. */
  readonly cause: ConnectionCause;
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
  return class implements ObservedSocket, WebSocketLike {
    static readonly OPEN = OPEN;
    static readonly CLOSING = CLOSING;
    static readonly CLOSED = CLOSED;
    readonly OPEN = OPEN;
    readyState = CONNECTING;
    heard = 0;
    heardAt = clock.monotonic();
    cause: ConnectionCause = { reason: 'unreachable', detail: 'it did not open' };
    readonly #real: WebSocketLike;
    readonly #ended = new AbortController();
    readonly #opening = new AbortController();
    /** Ends the waits for a sign of life. */
    readonly #answered = createWakeSignal();
    readonly #listeners = new Map<string, Set<Listener>>();
    #accepted = false;

    constructor(url: string) {
      this.#real = construct(Base, url, observer);
      this.#real.addEventListener('open', (event) => this.#opened(event));
      this.#real.addEventListener('message', (event) => this.#message(event));
      this.#real.addEventListener('error', (event) => {
        if (this.#ended.signal.aborted) return;
        if (this.readyState === CONNECTING && event.message) this.cause = { ...this.cause, detail: event.message };
        this.#tell('error', event);
      });
      this.#real.addEventListener('close', (event) => this.#closed(event));
      observer.made(this);
      void clock.sleep(connectTimeoutMs, this.#opening.signal).then(() => {
        if (this.readyState !== CONNECTING) return;
        this.cause = { reason: 'timeout', detail: `no socket within ${connectTimeoutMs} ms (connectTimeoutMs)` };
        this.close();
      });
    }

    get isOpen(): boolean {
      return this.readyState === OPEN;
    }

    get ended(): AbortSignal {
      return this.#ended.signal;
    }

    set binaryType(type: unknown) {
      this.#real.binaryType = type;
    }

    /** A frame for each call: what the server thinks of one, or of its size, must not meet the others. */
    send(data: string): void {
      if (!this.isOpen) return;
      if (!data.startsWith('[')) this.#real.send(data);
      else for (const call of JSON.parse(data) as unknown[]) this.#real.send(JSON.stringify(call));
    }

    close(code?: number, reason?: string): void {
      if (this.#ended.signal.aborted) return;
      const wasOpen = this.isOpen;
      this.#letGo(code, reason);
      // Not within the caller's own turn, as with a real socket. One that never opened fails first, also as with a real one.
      queueMicrotask(() => {
        if (!wasOpen) this.#tell('error', { type: 'error' });
        this.#closed({ type: 'close' });
      });
    }

    addEventListener(type: string, listener: Listener): void {
      const listeners = this.#listeners.get(type) ?? new Set();
      this.#listeners.set(type, listeners.add(listener));
      // Closed while it was being made, before anyone could listen.
      if (type === 'error' && this.readyState === CLOSED) queueMicrotask(() => listener.call(this, { type }));
    }

    removeEventListener(type: string, listener: Listener): void {
      this.#listeners.get(type)?.delete(listener);
    }

    answers(timeoutMs: number): Promise<boolean> {
      if (!this.isOpen) return Promise.resolve(false);
      const before = this.heard;
      this.#real.send('PING');
      return clock.sleep(timeoutMs, this.#answered.signal).then(() => this.heard > before);
    }

    askForReplacement(): void {
      if (this.isOpen) this.#tell('message', { type: 'message', data: RECONNECT });
    }

    #opened(event: SocketEvent): void {
      if (this.#ended.signal.aborted) return;
      this.readyState = OPEN;
      this.#opening.abort();
      this.heardAt = clock.monotonic();
      this.cause = { reason: 'lost', detail: 'it is silent' };
      observer.opened(this);
      this.#tell('open', event);
    }

    #message(event: SocketEvent): void {
      if (this.#ended.signal.aborted) return;
      this.heard += 1;
      this.heardAt = clock.monotonic();
      const error = errorIn(event.data);
      if (error !== undefined && !canRead(error)) {
        this.close();
        this.cause = UNREADABLE;
        return;
      }
      this.#tell('message', event);
      this.#answered.wake();
      if (this.#accepted || !isAnswer(event.data)) return;
      this.#accepted = true;
      observer.accepted(this);
    }

    #closed(event: SocketEvent): void {
      if (this.readyState === CLOSED) return;
      if (this.isOpen) this.cause = { reason: 'lost', detail: `the socket was closed with ${event.code}` };
      this.readyState = CLOSED;
      this.#end();
      // First, so that whoever hears of it finds the stock client as it was.
      observer.closed(this, event.code);
      this.#tell('close', event);
    }

    /** Closes the real socket; one of the `ws` package is cut when the other side does not answer. */
    #letGo(code?: number, reason?: string): void {
      this.readyState = CLOSING;
      this.#end();
      const real = this.#real;
      const gone = new AbortController();
      real.addEventListener('close', () => gone.abort());
      real.close(code, reason);
      if (!real.terminate) return;
      void clock.sleep(CLOSE_GRACE_MS, gone.signal).then(() => {
        if (!gone.signal.aborted) real.terminate?.();
      });
    }

    #end(): void {
      this.#opening.abort();
      this.#ended.abort();
      this.#answered.wake();
    }

    #tell(type: string, event: SocketEvent): void {
      for (const listener of [...(this.#listeners.get(type) ?? [])]) listener.call(this, event);
    }
  };
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
