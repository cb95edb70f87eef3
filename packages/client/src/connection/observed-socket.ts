import type { Clock } from '@tidemark/core';

/** The subset of the WebSocket class that is called: the browser's, and that of the `ws` package. */
export interface WebSocketClass {
  new (url: string): WebSocketLike;
}

export interface WebSocketLike {
  readonly readyState: number;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'message' | 'close', listener: (event: SocketEvent) => void): void;
  /** Sockets of the `ws` package have it: ends the connection without waiting for the other side. */
  terminate?(): void;
}

export interface SocketEvent {
  readonly type: string;
  readonly data?: unknown;
  readonly code?: number;
}

export interface SocketObserver {
  made(socket: WebSocketLike): void;
  opened(socket: WebSocketLike): void;
  /** Called once per socket, when the server has answered something: identity and context were accepted. */
  accepted(socket: WebSocketLike): void;
  closed(socket: WebSocketLike, code: number | undefined): void;
}

/** How long a closing handshake may take before the socket is cut. */
const CLOSE_GRACE_MS = 2_000;

/**
 * The same WebSocket class, watched: the stock tRPC client tells neither that the server has answered nor which socket
 * closed with which code before it reconnects.
 */
export function observedSocket(Base: WebSocketClass, clock: Clock, observer: SocketObserver): WebSocketClass {
  return class ObservedSocket extends Base {
    readonly #ended = new AbortController();
    #closing = false;

    constructor(url: string) {
      super(url);
      let accepted = false;
      observer.made(this);
      this.addEventListener('open', () => observer.opened(this));
      this.addEventListener('message', ({ data }) => {
        if (accepted || !isAnswer(data)) return;
        accepted = true;
        observer.accepted(this);
      });
      this.addEventListener('close', ({ code }) => {
        this.#ended.abort();
        observer.closed(this, code);
      });
    }

    override close(code?: number, reason?: string): void {
      super.close(code, reason);
      if (this.#closing || this.terminate === undefined) return;
      this.#closing = true;
      void clock.sleep(CLOSE_GRACE_MS, this.#ended.signal).then(() => {
        if (!this.#ended.signal.aborted) this.terminate?.();
      });
    }
  };
}

/** PING and PONG are answered before the identity is looked at; an error without a request id refuses the connection. */
function isAnswer(data: unknown): boolean {
  return data !== 'PING' && data !== 'PONG' && !(typeof data === 'string' && data.startsWith('{"id":null,"error"'));
}
