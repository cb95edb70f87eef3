import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { FeedText } from './entry-text.ts';
import { textFrame } from './text-frame.ts';

/** Calls of one socket under way at once. What comes beyond them waits at the sender: to refuse it costs as much as to do it. */
const CALLS_UNDER_WAY = 256;

/**
 * Stands between tRPC's WebSocket handler and a socket. The handler sees what it uses of a `ws` socket (readyState, send,
 * close, terminate, on, once); a subscription takes the socket over by yielding a token: when the token passes through
 * `send`, the id of its request is learnt, and from then on the feed writes its texts itself. Middlewares, validation,
 * abort and errors stay tRPC's.
 *
 * Keeps   P11: what may wait in the socket is bounded, see `ready`; so are its calls under way, see `callBegan`; texts of
 *         one tick leave in one write
 * Proved  test/subscription/attached-socket.test.ts, test/wire/*
 */
export class AttachedSocket {
  readonly #socket: WebSocket;
  readonly #tcp: Duplex;
  readonly #bufferLimit: number;
  readonly #feedText: () => FeedText;
  #tokens = NONE;
  #corked = false;
  #calls = 0;
  #isHeldBack = false;

  constructor(socket: WebSocket, options: { tcp: Duplex; bufferLimit: number; feedText: () => FeedText }) {
    this.#socket = socket;
    this.#tcp = options.tcp;
    this.#bufferLimit = options.bufferLimit;
    this.#feedText = options.feedText;
  }

  // ── What tRPC's handler uses ────────────────────────────────────────────────────────────────────────────────────

  get readyState(): number {
    return this.#socket.readyState;
  }

  /** The encoder in front is the identity, so responses come as objects; keep-alive texts come as strings. */
  send(message: string | { id?: number | string | null; jsonrpc?: string }): void {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    for (const [token, bind] of this.#tokens) {
      if (!text.includes(token)) continue;
      this.forget(token);
      const { id = null, jsonrpc } = typeof message === 'string' ? (JSON.parse(message) as Request) : message;
      bind({ id, jsonrpc });
      return;
    }
    this.write(text);
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  on(event: string, listener: (...args: never[]) => void): this {
    this.#socket.on(event, listener as (...args: unknown[]) => void);
    return this;
  }

  once(event: string, listener: (...args: never[]) => void): this {
    this.#socket.once(event, listener as (...args: unknown[]) => void);
    return this;
  }

  // ── What procedures use ─────────────────────────────────────────────────────────────────────────────────────────

  /** A call of this socket is under way. Beyond CALLS_UNDER_WAY nothing more is read until half of them have ended. */
  callBegan(): void {
    this.#calls += 1;
    if (this.#calls < CALLS_UNDER_WAY || this.#isHeldBack) return;
    this.#isHeldBack = true;
    this.#socket.pause();
  }

  callEnded(): void {
    this.#calls -= 1;
    if (!this.#isHeldBack || this.#calls > CALLS_UNDER_WAY / 2) return;
    this.#isHeldBack = false;
    this.#socket.resume();
  }

  // ── What a feed uses ────────────────────────────────────────────────────────────────────────────────────────────

  /** Texts for the router this socket was attached with. */
  get feedText(): FeedText {
    return this.#feedText();
  }

  /** Calls back when the token, yielded by a subscription, passes through. */
  expect(token: string, bind: (request: Request) => void): void {
    if (this.#tokens === NONE) this.#tokens = new Map();
    this.#tokens.set(token, bind);
  }

  forget(token: string): void {
    this.#tokens.delete(token);
    if (this.#tokens.size === 0) this.#tokens = NONE;
  }

  write(text: string): void {
    this.writeFrame(textFrame(text));
  }

  /** Past the sender of `ws`, which has nothing to do where nothing is compressed: it would take two writes a frame. */
  writeFrame(frame: Buffer): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (!this.#corked) this.#cork();
    this.#tcp.write(frame);
  }

  /** Until the tick is over. */
  #cork(): void {
    this.#corked = true;
    this.#tcp.cork();
    // One immediate for all sockets of a fan-out.
    if (corked.push(this) === 1) setImmediate(uncorkAll);
  }

  uncork(): void {
    this.#corked = false;
    this.#tcp.uncork();
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  ready(): boolean {
    return this.#socket.bufferedAmount < this.#bufferLimit;
  }

  /** Resolves when the socket has drained, closed, or `signal` aborts. */
  drained(signal: AbortSignal): Promise<void> {
    if (this.ready() || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this.#tcp.off('drain', done);
        this.#tcp.off('close', done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#tcp.on('drain', done);
      this.#tcp.on('close', done);
      signal.addEventListener('abort', done, { once: true });
    });
  }
}

/** Most sockets expect no token most of the time, and an idle one is to be small; never written to. */
const NONE = new Map<string, (request: Request) => void>();

/** Those that were written to in this tick. */
let corked: AttachedSocket[] = [];

function uncorkAll(): void {
  const sockets = corked;
  corked = [];
  for (const socket of sockets) socket.uncork();
}

interface Request {
  readonly id: number | string | null;
  readonly jsonrpc?: string | undefined;
}
