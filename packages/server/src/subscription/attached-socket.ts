import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { UserId } from '@tidemark/core';
import type { WebSocket } from 'ws';
import type { FeedText } from './entry-text.ts';
import { type FrameTemplate, fillTemplate, pongFrame, textFrame } from './text-frame.ts';

/**
 * Stands between tRPC's WebSocket handler and a socket. The handler sees what it uses of a `ws` socket (readyState, send,
 * close, terminate, on, once); a subscription takes the socket over by yielding a token: when the token passes through
 * `send`, the id of its request is learnt, and from then on the feed writes its texts itself. Middlewares, validation,
 * abort and errors stay tRPC's.
 *
 * What comes in is read by its `reader`, which hands on calls. While more than `bufferLimit` waits to be written, nothing is
 * read; a peer that then takes nothing for `slowGraceMs` is cut. From `close` on tRPC's handler counts the socket as closed:
 * its subscriptions are aborted at once, and not only when the peer has answered.
 *
 * Keeps   P11: what may wait in the socket is bounded, see `ready`; texts of one tick leave in one write
 * Proved  test/subscription/attached-socket.test.ts, test/wire/*
 */
export class AttachedSocket {
  readonly #socket: WebSocket;
  readonly #tcp: Duplex;
  readonly #bufferLimit: number;
  readonly #slowGraceMs: number;
  readonly #onSlow: (socket: AttachedSocket) => void;
  readonly #feedText: () => FeedText;
  /** Reads what comes in; nothing does before it is there. */
  reader: SocketReader | undefined;
  /** Whose calls come over this socket, once one has told. */
  userId: UserId | undefined;
  #listeners = NO_LISTENERS;
  #takeCalls: ((data: Buffer, isBinary: boolean) => void) | undefined;
  #isEnded = false;
  #isFull = false;
  #tokens = NO_TOKENS;
  /** What leaves at the end of this tick, with the number of each; and its bytes. */
  #frames = NO_FRAMES;
  #numbers = NO_NUMBERS;
  #bytes = 0;

  constructor(socket: WebSocket, options: AttachedSocketOptions) {
    this.#socket = socket;
    this.#tcp = options.tcp;
    this.#bufferLimit = options.bufferLimit;
    this.#slowGraceMs = options.slowGraceMs;
    this.#onSlow = options.onSlow;
    this.#feedText = options.feedText;
    const end = () => this.#end();
    socket.once('close', end);
    // Of a malformed frame, after which `ws` closes; without a listener it would end the process.
    socket.on('error', end);
  }

  /** Remote address of the connection. */
  get address(): string | undefined {
    return this.#tcp instanceof Socket ? this.#tcp.remoteAddress : undefined;
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
      this.#answered(id);
      return;
    }
    this.write(text);
    if (typeof message !== 'string') this.#answered(message.id);
  }

  /** Ends what is under way, and begins the closing handshake; the socket is cut if the peer does not take part in it. */
  close(code?: number, reason?: string): void {
    if (this.#isEnded) return;
    this.flush();
    this.#socket.close(code, reason);
    this.#end();
  }

  terminate(): void {
    this.#socket.terminate();
    this.#end();
  }

  on(event: string, listener: (...args: never[]) => void): this {
    if (event === 'message') this.#takeCalls = listener as (data: Buffer, isBinary: boolean) => void;
    else this.#socket.on(event, listener as (...args: unknown[]) => void);
    return this;
  }

  /** Listeners of `close` are called when the end begins, whoever began it. */
  once(event: string, listener: (...args: never[]) => void): this {
    if (event === 'close') this.#listeners = [...this.#listeners, listener as () => void];
    else this.#socket.once(event, listener as (...args: unknown[]) => void);
    return this;
  }

  off(event: 'close', listener: () => void): this {
    if (event === 'close') this.#listeners = this.#listeners.filter((other) => other !== listener);
    return this;
  }

  // ── What the gate uses ──────────────────────────────────────────────────────────────────────────────────────────

  /** Gives tRPC's handler calls that were parsed and checked; its decoder takes them from `handedOn`. */
  handOn(messages: readonly unknown[]): void {
    handedOn = messages;
    this.#takeCalls?.(NOTHING, true);
    handedOn = undefined;
  }

  /** It is closing or closed: no call of it is carried out any more. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  pong(data: Buffer): void {
    this.writeFrame(pongFrame(data), 0);
  }

  #answered(id: number | string | null | undefined): void {
    if (id !== null && id !== undefined) this.reader?.answered(id);
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.reader?.end();
    const listeners = this.#listeners;
    this.#listeners = NO_LISTENERS;
    for (const listener of listeners) listener();
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
  writeFrame(frame: FrameTemplate, number: number): void {
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
    const [first] = frames as [FrameTemplate];
    if (frames.length === 1 && first.places.length === 0) {
      this.#tcp.write(first.bytes);
      if (this.#tcp.writableLength > this.#bufferLimit) this.#full();
      return;
    }
    const isLent = bytes <= scratch.length && this.#tcp.writableLength === 0 && this.#tcp instanceof Socket;
    const together = isLent ? scratch.subarray(0, bytes) : Buffer.allocUnsafeSlow(bytes);
    let end = 0;
    for (const [index, frame] of frames.entries()) end = fillTemplate(frame, numbers[index] as number, together, end);
    this.#tcp.write(together);
    if (this.#tcp.writableLength === 0) return;
    if (isLent) scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
    if (this.#tcp.writableLength > this.#bufferLimit) this.#full();
  }

  /** Reads nothing until all that waits now has been written, and cuts a peer that takes nothing of it for the grace. */
  #full(): void {
    if (this.#isFull) return;
    this.#isFull = true;
    this.reader?.hold('output');
    const tcp = this.#tcp;
    const cut = () => {
      this.#onSlow(this);
      this.terminate();
    };
    // Node's own timeout: it begins anew whenever the kernel has taken a part of what waits.
    if (tcp instanceof Socket) tcp.setTimeout(this.#slowGraceMs, cut);
    tcp.write(NOTHING, () => {
      if (tcp instanceof Socket) tcp.setTimeout(0, cut);
      this.#isFull = false;
      if (tcp.destroyed) return;
      if (tcp.writableLength > this.#bufferLimit) this.#full();
      else this.reader?.release('output');
    });
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

/** Messages on their way through tRPC's handler, which asks its decoder for them while it is called. */
let handedOn: unknown;

/** What the decoder of tRPC's handler returns. */
export function takeHandedOn(): unknown {
  return handedOn;
}

/** Reads what a socket receives, while nothing holds it; the folder gate has it. */
export interface SocketReader {
  /** Stops reading until this reason, and every other, has been released. */
  hold(reason: HoldReason): void;
  release(reason: HoldReason): void;
  /** A call has its answer. */
  answered(id: number | string): void;
  /** Nothing is read any more. */
  end(): void;
}

/** The context is not known yet; many calls are under way; answers are not being taken; more bytes came than are read at once. */
export type HoldReason = 'context' | 'calls' | 'output' | 'bytes';

export interface AttachedSocketOptions {
  readonly tcp: Duplex;
  /** Bytes that may wait to be written before feeds and reading stop. */
  readonly bufferLimit: number;
  /** ms in which a peer has to take a part of what waits beyond that. */
  readonly slowGraceMs: number;
  /** A peer that did not is about to be cut. */
  readonly onSlow: (socket: AttachedSocket) => void;
  readonly feedText: () => FeedText;
}

const NO_LISTENERS: readonly (() => void)[] = [];

/** Most sockets expect no token and have nothing to write most of the time, and an idle one is to be small; never written to. */
const NO_TOKENS = new Map<string, (request: Request) => void>();
const NO_FRAMES: FrameTemplate[] = [];
const NO_NUMBERS: number[] = [];

const NOTHING = Buffer.alloc(0);

const SCRATCH_BYTES = 64 * 1024;
/**
 * The buffer in which each socket's frames are joined before they are written. When `write` returns and nothing is left to write, the
 * kernel has taken every byte, and the next socket uses the buffer. Otherwise the socket keeps it, and another one is allocated.
 */
let scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

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
