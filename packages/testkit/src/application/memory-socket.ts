import { EventEmitter } from 'node:events';
import { setImmediate } from 'node:timers';
import type { WebSocketClass, WebSocketLike } from '@tidemark/client';

const [CONNECTING, OPEN, CLOSING, CLOSED] = [0, 1, 2, 3] as const;

/** Code of a close without a closing handshake, as when the network is gone. */
const ABNORMAL = 1006;

type ClientEventName = Parameters<WebSocketLike['addEventListener']>[0];
type ClientListener = Parameters<WebSocketLike['addEventListener']>[1];

/** What a socket that is being opened leads to: a server's end that serves it, or the reason why nothing answers. */
export type Dial = (end: ServerEnd) => { readonly serve: () => void } | { readonly refused: string };

/**
 * A WebSocket class whose sockets are objects in this process: each is a pair of ends, so that no port is opened and
 * no timer runs. Frames arrive in order, each in a turn of the event loop after the one that sent it.
 */
export function memorySocketClass(dial: Dial): WebSocketClass {
  return class extends ClientEnd {
    constructor(_url: string) {
      super(dial);
    }
  };
}

/** The end that the browser's WebSocket would be. */
class ClientEnd implements WebSocketLike {
  static readonly CONNECTING = CONNECTING;
  static readonly OPEN = OPEN;
  static readonly CLOSING = CLOSING;
  static readonly CLOSED = CLOSED;
  readonly OPEN = OPEN;
  readyState: number = CONNECTING;
  readonly #listeners = new Map<string, Set<ClientListener>>();
  readonly #server: ServerEnd;

  constructor(dial: Dial) {
    this.#server = new ServerEnd(this);
    later(() => this.#open(dial));
  }

  send(data: string): void {
    if (this.readyState === CONNECTING) throw new Error('the socket is not open yet');
    if (this.readyState !== OPEN) return;
    later(() => this.#server.receive(data));
  }

  close(code?: number, reason?: string): void {
    if (this.readyState === CONNECTING) this.fail('the socket was closed before it was open');
    else this.#server.closeBoth(code ?? 1005, reason ?? '');
  }

  addEventListener(type: ClientEventName, listener: ClientListener): void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
  }

  removeEventListener(type: ClientEventName, listener: ClientListener): void {
    this.#listeners.get(type)?.delete(listener);
  }

  receive(data: string): void {
    if (this.readyState === OPEN) this.#emit('message', { type: 'message', data });
  }

  closed(code: number): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.#emit('close', { type: 'close', code });
  }

  fail(message: string): void {
    this.readyState = CLOSING;
    later(() => {
      this.#emit('error', { type: 'error', message });
      this.closed(ABNORMAL);
    });
  }

  #open(dial: Dial): void {
    if (this.readyState !== CONNECTING) return;
    const answer = dial(this.#server);
    if ('refused' in answer) {
      this.fail(answer.refused);
      return;
    }
    this.readyState = OPEN;
    answer.serve();
    this.#emit('open', { type: 'open' });
  }

  #emit(type: ClientEventName, event: Parameters<ClientListener>[0]): void {
    for (const listener of [...(this.#listeners.get(type) ?? [])]) listener.call(this, event);
  }
}

/** What a server does with each frame: pass it on, or false for one that was dealt with. */
export interface FrameFilter {
  /** From the client. */
  incoming(frame: string): boolean;
  /** To the client. */
  outgoing(frame: string): boolean;
}

/** The end that a server is given; has what tRPC's connection handler uses of a socket of the `ws` package. */
export class ServerEnd extends EventEmitter {
  readonly OPEN = OPEN;
  readyState: number = OPEN;
  filter: FrameFilter | undefined;
  readonly #client: ClientEnd;

  constructor(client: ClientEnd) {
    super();
    this.#client = client;
  }

  send(frame: string): void {
    if (this.readyState !== OPEN || this.filter?.outgoing(frame) === false) return;
    this.reply(frame);
  }

  /** Sends past the filter. */
  reply(frame: string): void {
    later(() => this.#client.receive(frame));
  }

  receive(frame: string): void {
    if (this.readyState !== OPEN || this.filter?.incoming(frame) === false) return;
    this.emit('message', Buffer.from(frame), false);
  }

  close(code = 1005, reason = ''): void {
    this.closeBoth(code, reason);
  }

  /** Ends the socket as a network does that is gone. */
  terminate(): void {
    this.closeBoth(ABNORMAL, '');
  }

  closeBoth(code: number, reason: string): void {
    if (this.readyState !== OPEN) return;
    this.readyState = CLOSING;
    if (this.#client.readyState === OPEN) this.#client.readyState = CLOSING;
    later(() => {
      this.readyState = CLOSED;
      this.emit('close', code, Buffer.from(reason));
      this.#client.closed(code);
    });
  }
}

/** In a turn of its own, as everything of a real socket is: its listeners may be added some promises after it was made. */
function later(task: () => void): void {
  setImmediate(task);
}
