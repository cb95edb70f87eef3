import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { FeedText } from './entry-text.ts';
import { type Numbered, textFrame, writeNumbered } from './text-frame.ts';

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
  #tokens = NO_TOKENS;
  /** What leaves at the end of this tick, with the number of each; and its bytes. */
  #frames = NO_FRAMES;
  #numbers = NO_NUMBERS;
  #bytes = 0;
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
    this.flush();
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
    if (this.#tokens === NO_TOKENS) this.#tokens = new Map();
    this.#tokens.set(token, bind);
  }

  forget(token: string): void {
    this.#tokens.delete(token);
    if (this.#tokens.size === 0) this.#tokens = NO_TOKENS;
  }

  write(text: string): void {
    this.writeFrame(textFrame(text), 0);
  }

  /**
   * At the end of this tick, in one write with all else of it. That goes past the sender of `ws`, which has nothing to do
   * where nothing is compressed: it would take two writes a frame.
   *
   * @param number what stands at the places of the frame
   */
  writeFrame(frame: Numbered, number: number): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#frames === NO_FRAMES) {
      this.#frames = [frame];
      this.#numbers = [number];
      // One immediate for all sockets of a fan-out.
      if (written.push(this) === 1) setImmediate(flushAll);
    } else {
      this.#frames.push(frame);
      this.#numbers.push(number);
    }
    this.#bytes += frame.bytes.length;
  }

  /** Writes what this tick has brought so far. */
  flush(): void {
    const [frames, numbers, bytes] = [this.#frames, this.#numbers, this.#bytes];
    this.#frames = NO_FRAMES;
    this.#numbers = NO_NUMBERS;
    this.#bytes = 0;
    if (frames.length === 0 || this.#socket.readyState !== this.#socket.OPEN) return;
    const [first] = frames as [Numbered];
    if (frames.length === 1 && first.places.length === 0) {
      this.#tcp.write(first.bytes);
      return;
    }
    const isLent = bytes <= desk.length && this.#tcp.writableLength === 0 && this.#tcp instanceof Socket;
    const together = isLent ? desk.subarray(0, bytes) : Buffer.allocUnsafeSlow(bytes);
    let end = 0;
    for (const [index, frame] of frames.entries()) end = writeNumbered(frame, numbers[index] as number, together, end);
    this.#tcp.write(together);
    if (isLent && this.#tcp.writableLength > 0) desk = Buffer.allocUnsafeSlow(DESK_BYTES);
  }

  get bufferedBytes(): number {
    return this.#tcp.writableLength + this.#bytes;
  }

  ready(): boolean {
    return this.bufferedBytes < this.#bufferLimit;
  }

  /** Resolves when all that waits has been written, the socket has closed, or `signal` aborts. */
  drained(signal: AbortSignal): Promise<void> {
    if (this.ready() || signal.aborted) return Promise.resolve();
    this.flush();
    return new Promise((resolve) => {
      const done = () => {
        this.#tcp.off('close', done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      // Its turn comes behind all the rest. `drain` would be told only where more waited than the stream's own mark.
      this.#tcp.write(NOTHING, done);
      this.#tcp.on('close', done);
      signal.addEventListener('abort', done, { once: true });
    });
  }
}

/** Most sockets expect no token and have nothing to write most of the time, and an idle one is to be small; never written to. */
const NO_TOKENS = new Map<string, (request: Request) => void>();
const NO_FRAMES: Numbered[] = [];
const NO_NUMBERS: number[] = [];

const NOTHING = Buffer.alloc(0);

const DESK_BYTES = 64 * 1024;
/**
 * Where the frames of a socket are put together, and the next socket's after it: a TCP connection that has nothing left to
 * write when `write` returns has handed all of it to the kernel. One that has keeps the desk, and another takes its place.
 */
let desk = Buffer.allocUnsafeSlow(DESK_BYTES);

/** Those that were written to in this tick. */
let written: AttachedSocket[] = [];

function flushAll(): void {
  const sockets = written;
  written = [];
  for (const socket of sockets) socket.flush();
}

interface Request {
  readonly id: number | string | null;
  readonly jsonrpc?: string | undefined;
}
