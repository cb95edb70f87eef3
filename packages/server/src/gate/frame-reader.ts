import type { Duplex } from 'node:stream';
import { type Limits, TidemarkError } from '@tidemark/core';
import type { WebSocket } from 'ws';
import type { AttachedSocket, HoldReason, SocketReader } from '../subscription/attached-socket.ts';
import { type Call, checkCall, isStop, type RequestId, requestIdOf } from './call.ts';
import { CLOSE_CODES } from './close-codes.ts';
import type { ReadBudget } from './read-budget.ts';

/** Frames that may wait: fewer than the calls of the one chunk that had been read when reading paused. */
const FRAMES_WAITING = 1_024;
/** Bytes read after the end: the peer's close frame is among the first of them, behind what it had sent before. */
const BYTES_AFTER_END = 64 * 1024;
/** What the reading of a call, or of a frame without one, counts beside its bytes: about as much work. */
const CALL_BYTES = 256;
/** Header of the parameters' frame, and a few pings before it. */
const HANDSHAKE_BYTES = 1_024;

/**
 * Reads the frames of one socket, and hands tRPC the calls in them. While a reason holds it (the context is not known yet,
 * many calls are under way, answers are not being read, more bytes came than the user's share), the TCP stream is paused, and frames that `ws` had parsed by then
 * wait as bytes. After the end nothing is read: what still comes is dropped, and soon stays in the kernel.
 *
 * A frame is parsed once. Each call of it is checked by itself, so that one that is malformed is answered under its own id
 * and the others go on; calls beyond limits.callsPerFrame are refused before their inputs are built.
 *
 * Keeps   P11
 * Proved  test/gate/frame-reader.test.ts, test/e2e/gate.test.ts
 */
export class FrameReader implements SocketReader {
  readonly #socket: WebSocket;
  readonly #tcp: Duplex;
  readonly #attached: AttachedSocket;
  readonly #rules: ReadingRules;
  /** Reasons to wait, as bits. */
  #holds = 0;
  #waiting = NO_FRAMES;
  #underWay = NO_CALLS;
  /** Takes the first frame, the connection parameters. */
  #first: ((data: Buffer) => void) | undefined;
  #isEnded = false;
  /** Ends the wait for the budget. */
  #timer: NodeJS.Timeout | undefined;
  /** Bytes that came after the end. */
  #dropped = 0;

  constructor(link: { socket: WebSocket; tcp: Duplex; attached: AttachedSocket }, rules: ReadingRules) {
    this.#socket = link.socket;
    this.#tcp = link.tcp;
    this.#attached = link.attached;
    this.#rules = rules;
    link.attached.reader = this;
    link.socket.on('message', (data, isBinary) => this.#received(data as Buffer, isBinary));
    link.socket.on('ping', (data) => this.#pinged(data));
  }

  /** Takes one frame of at most `maxBytes` as it is; anything else waits, but for texts that keep the connection alive. */
  readFirst(maxBytes: number, take: (data: Buffer) => void): void {
    let bytes = 0;
    const tooLarge = () => {
      this.#rules.reached('limits.parametersBytes', this.#attached);
      this.#attached.close(CLOSE_CODES.tooLarge, `at most ${maxBytes} bytes (limits.parametersBytes)`);
    };
    // A frame that never ends, or in thousands of fragments, is counted while `ws` collects it.
    const count = (chunk: Buffer) => {
      bytes += chunk.length;
      if (this.#first && !this.#isEnded && bytes > maxBytes + HANDSHAKE_BYTES) tooLarge();
    };
    this.#tcp.on('data', count);
    this.#first = (data) => {
      this.#first = undefined;
      this.#tcp.off('data', count);
      if (data.length > maxBytes) tooLarge();
      else take(data);
    };
  }

  hold(reason: HoldReason): void {
    if (this.#holds === 0) this.#socket.pause();
    this.#holds |= BITS[reason];
  }

  release(reason: HoldReason): void {
    if ((this.#holds & BITS[reason]) === 0) return;
    this.#holds &= ~BITS[reason];
    while (this.#holds === 0 && this.#waiting.length > 0 && this.#isOpen()) {
      const { data, isBinary } = this.#waiting.shift() as Frame;
      this.#read(data, isBinary);
    }
    if (this.#holds !== 0) return;
    this.#waiting = NO_FRAMES;
    this.#socket.resume();
  }

  /** The call of that id has its answer. */
  answered(id: RequestId): void {
    if (!this.#underWay.delete(id)) return;
    if (this.#underWay.size <= this.#rules.limits.callsUnderWay / 2) this.release('calls');
    if (this.#underWay.size === 0) this.#underWay = NO_CALLS;
  }

  /**
   * Reads nothing more. The TCP stream flows for BYTES_AFTER_END, so that the peer's close frame is seen; then it stands still
   * until the socket is cut, or `ws` would collect a frame as large as any for nobody.
   */
  end(): void {
    if (!this.#isEnded) this.#tcp.on('data', (chunk: Buffer) => this.#drop(chunk.length));
    this.#isEnded = true;
    this.#holds = 0;
    clearTimeout(this.#timer);
    this.#waiting = NO_FRAMES;
    this.#underWay = NO_CALLS;
    this.#socket.resume();
  }

  #isOpen(): boolean {
    return !this.#isEnded && this.#socket.readyState === this.#socket.OPEN;
  }

  #received(data: Buffer, isBinary: boolean): void {
    if (!this.#isOpen()) return;
    if (this.#first) this.#readFirst(data, isBinary);
    else if (this.#holds === 0) this.#read(data, isBinary);
    else if (this.#waiting.length >= FRAMES_WAITING) {
      this.#attached.close(CLOSE_CODES.tooManyFrames, `at most ${FRAMES_WAITING} frames may wait`);
    } else {
      if (this.#waiting === NO_FRAMES) this.#waiting = [];
      this.#waiting.push({ data, isBinary });
    }
  }

  #readFirst(data: Buffer, isBinary: boolean): void {
    if (!this.#isKeepAlive(data, isBinary)) this.#first?.(data);
  }

  #drop(bytes: number): void {
    this.#dropped += bytes;
    if (this.#dropped > BYTES_AFTER_END) this.#socket.pause();
  }

  #pinged(data: Buffer): void {
    if (!this.#isOpen()) return;
    this.#pace(data.length + CALL_BYTES);
    this.#attached.pong(data);
  }

  /** Texts of tRPC's clients that are no calls. */
  #isKeepAlive(data: Buffer, isBinary: boolean): boolean {
    if (isBinary || data.length !== 4) return false;
    const text = data.toString('latin1');
    if (text === 'PING') this.#attached.write('PONG');
    return text === 'PING' || text === 'PONG';
  }

  /** Waits behind what took more than was left of its user's budget. */
  #pace(bytes: number): void {
    const waitMs = this.#rules.budget.take(this.#attached.userId ?? this.#attached, bytes);
    if (waitMs === 0 || !this.#isOpen()) return;
    this.#rules.reached('limits.readBytesPerSecond', this.#attached);
    this.hold('bytes');
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.release('bytes'), waitMs).unref();
  }

  #read(data: Buffer, isBinary: boolean): void {
    if (this.#isKeepAlive(data, isBinary)) {
      this.#pace(data.length + CALL_BYTES);
      return;
    }
    let parsed: unknown;
    try {
      if (isBinary) throw new TidemarkError('invalid_input', 'must be text', { field: 'frame' });
      parsed = JSON.parse(data.toString());
    } catch (cause) {
      this.#pace(data.length + CALL_BYTES);
      this.#refuse(null, new TidemarkError('invalid_input', 'must be JSON', { field: 'frame', cause }));
      return;
    }
    const messages: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
    this.#pace(data.length + CALL_BYTES * Math.max(1, messages.length));
    const accepted: unknown[] = [];
    let left = this.#rules.limits.callsPerFrame;
    let refuseMore: ((id: RequestId | null) => void) | undefined;
    for (const message of messages) {
      if (isStop(message)) accepted.push(message);
      else if (left > 0) {
        left -= 1;
        if (this.#accept(message)) accepted.push(message);
      } else {
        refuseMore ??= this.#refusalOfMore();
        refuseMore(requestIdOf(message));
      }
    }
    if (accepted.length === 0) return;
    this.#attached.handOn(accepted);
    if (this.#underWay.size >= this.#rules.limits.callsUnderWay) this.hold('calls');
  }

  /** Whether the call may go on, its input built. */
  #accept(message: unknown): message is Call {
    try {
      checkCall(message);
      // A copy, which some network in between made: an error would reach its sender as the answer to the call itself.
      if (this.#underWay.has(message.id)) return false;
      const { params } = message;
      if (params.input !== undefined) params.input = this.#rules.build(params.input);
      if (this.#underWay === NO_CALLS) this.#underWay = new Set();
      this.#underWay.add(message.id);
      return true;
    } catch (error) {
      this.#refuse(requestIdOf(message), error);
      return false;
    }
  }

  #refuse(id: RequestId | null, error: unknown): void {
    this.#rules.refused(error, this.#attached);
    this.#attached.write(`{"id":${JSON.stringify(id)},"error":${this.#rules.errorText(error)}}`);
  }

  /** Answers calls beyond the limit: one error, made once, so that thousands of them cost little. */
  #refusalOfMore(): (id: RequestId | null) => void {
    const { limits, reached, errorText } = this.#rules;
    reached('limits.callsPerFrame', this.#attached);
    const detail = `at most ${limits.callsPerFrame} calls in one frame (limits.callsPerFrame)`;
    const text = errorText(new TidemarkError('rate_limited', detail));
    let isSaid = false;
    return (id) => {
      // What has no id is reported once.
      if (id === null && isSaid) return;
      isSaid ||= id === null;
      this.#attached.write(`{"id":${JSON.stringify(id)},"error":${text}}`);
    };
  }
}

/** What all sockets of one endpoint are read by. */
export interface ReadingRules {
  readonly limits: Limits;
  readonly budget: ReadBudget;
  /** Builds an input from its JSON, through the application's guarded transformer. */
  readonly build: (raw: unknown) => unknown;
  /** An error as the application's formatter shapes it, as JSON. */
  readonly errorText: (error: unknown) => string;
  /** A call was refused before it reached tRPC. */
  readonly refused: (error: unknown, socket: AttachedSocket) => void;
  readonly reached: (limit: string, socket: AttachedSocket) => void;
}

interface Frame {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

/** Most sockets are idle, and such a one is to be small; never written to. */
const NO_FRAMES: Frame[] = [];
const NO_CALLS = new Set<RequestId>();

const BITS: Record<HoldReason, number> = { context: 1, calls: 2, output: 4, bytes: 8 };
