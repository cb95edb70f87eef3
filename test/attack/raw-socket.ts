import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface OpenOptions {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Written in one go with the upgrade request, before it is answered. */
  readonly early?: Buffer;
}

/** An answer, or anything else that came as a text. */
export type Answer = Readonly<Record<string, unknown>>;

/** How the server ended a connection: the code of its close frame, and whether it cut the TCP connection. */
export interface End {
  readonly code: number | undefined;
  readonly isCut: boolean;
}

/**
 * A WebSocket written by hand: sends what no client library would, answers no ping and no close frame, and reads only while
 * it is told to.
 */
export class RawSocket implements Disposable {
  /** Of the answer to the upgrade request: 101 when it was accepted. */
  readonly status: number;
  readonly answers: Answer[] = [];
  readonly tcp: Socket;
  /** Text frames, and bytes of all frames, that have come. */
  received = { texts: 0, pongs: 0, bytes: 0 };
  #code: number | undefined;
  #isCut = false;
  /** What came of frames that are not whole, and how much of them is needed at least to go on. */
  #pending: Buffer[];
  #pendingBytes = 0;
  #needed = 2;
  #fragments: Buffer[] = [];
  readonly #waiting = new Set<() => void>();

  private constructor(tcp: Socket, status: number, rest: Buffer) {
    this.tcp = tcp;
    this.status = status;
    this.#pending = [];
    tcp.on('data', (chunk: Buffer) => this.#take(chunk));
    tcp.on('close', () => {
      this.#isCut = true;
      this.#wake();
    });
    this.#take(rest);
  }

  static async open(port: number, { path = '/trpc', headers = {}, early }: OpenOptions = {}): Promise<RawSocket> {
    const tcp = connect({ port, host: '127.0.0.1', noDelay: true });
    tcp.on('error', () => {});
    const lines = Object.entries({
      host: `127.0.0.1:${port}`,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': randomBytes(16).toString('base64'),
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    tcp.write(Buffer.concat([Buffer.from(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`), early ?? Buffer.alloc(0)]));
    let head = Buffer.alloc(0);
    while (head.indexOf('\r\n\r\n') < 0) {
      const [chunk] = (await Promise.race([once(tcp, 'data'), once(tcp, 'close').then(() => [undefined])])) as [
        Buffer?,
      ];
      if (!chunk) return new RawSocket(tcp, 0, Buffer.alloc(0));
      head = Buffer.concat([head, chunk]);
    }
    const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head.toString('latin1'))?.[1]);
    return new RawSocket(tcp, status, head.subarray(head.indexOf('\r\n\r\n') + 4));
  }

  get end(): End {
    return { code: this.#code, isCut: this.#isCut };
  }

  /** A text frame, or several in one write. An object is sent as JSON. */
  send(...messages: readonly (string | object)[]): void {
    this.write(Buffer.concat(messages.map((message) => textFrame(message))));
  }

  write(bytes: Buffer): void {
    if (!this.#isCut) this.tcp.write(bytes);
  }

  /** Resolves when all that was written has left, or the connection is cut. */
  flushed(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isCut) resolve();
      else this.tcp.write('', () => resolve());
    });
  }

  /** Resolves with the answer to the request of that id, or undefined when the connection ends without. */
  async answerTo(id: unknown): Promise<Answer | undefined> {
    await this.until(() => this.#answer(id) !== undefined);
    return this.#answer(id);
  }

  /** Resolves when the server has closed the connection, however it did. */
  async ended(): Promise<End> {
    await this.until(() => this.#code !== undefined);
    return this.end;
  }

  /** Resolves when the server has cut the TCP connection, with the code that it gave before. */
  async cut(): Promise<End> {
    await this.until(() => false);
    return this.end;
  }

  /** Resolves when the condition holds, asked whenever something has come, or when the connection is cut. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition() && !this.#isCut) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  [Symbol.dispose](): void {
    this.tcp.destroy();
  }

  #answer(id: unknown): Answer | undefined {
    return this.answers.find((answer) => answer['id'] === id);
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #take(chunk: Buffer): void {
    this.received.bytes += chunk.length;
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    if (this.#pendingBytes < this.#needed) return;
    let bytes = Buffer.concat(this.#pending);
    for (;;) {
      const next = readFrame(bytes);
      this.#needed = typeof next === 'number' ? next : 2;
      if (typeof next === 'number') break;
      bytes = bytes.subarray(next.size);
      this.#read(next);
    }
    this.#pending = [bytes];
    this.#pendingBytes = bytes.length;
    this.#wake();
  }

  #read({ opcode, isFinal, payload }: Frame): void {
    if (opcode === OPCODES.close) this.#code = payload.length < 2 ? 1005 : payload.readUInt16BE();
    else if (opcode === OPCODES.pong) this.received.pongs += 1;
    else if (opcode <= OPCODES.text) {
      this.#fragments.push(payload);
      if (!isFinal) return;
      const text = Buffer.concat(this.#fragments).toString();
      this.#fragments = [];
      this.received.texts += 1;
      const message: unknown = text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : { text };
      this.answers.push(...((Array.isArray(message) ? message : [message]) as Answer[]));
    }
  }
}

export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

interface Frame {
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly payload: Buffer;
  readonly size: number;
}

/** The first frame of the bytes, or how many are needed while it is not whole. What a server sends is not masked. */
function readFrame(bytes: Buffer): Frame | number {
  if (bytes.length < 2) return 2;
  const [first, short] = bytes as unknown as [number, number];
  const start = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < start) return start;
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  if (bytes.length < start + length) return start + length;
  const payload = bytes.subarray(start, start + length);
  return { opcode: first & 0x0f, isFinal: first >= 0x80, payload, size: start + length };
}

export interface FrameOptions {
  /** Whether it is the last of its message. Default true. */
  readonly isFinal?: boolean;
  /** Reserved bits, as they stand in the first byte: 0x40, 0x20, 0x10. */
  readonly reserved?: number;
  /** Default true, as the protocol demands of clients. */
  readonly isMasked?: boolean;
  /** What the header says, whatever the payload is. */
  readonly length?: bigint;
}

/** A frame from a client. Its mask is zero, which is a mask like any other, and spares the attacker the work. */
export function frame(opcode: number, payload: Buffer | string, options: FrameOptions = {}): Buffer {
  const { isFinal = true, reserved = 0, isMasked = true } = options;
  const body = Buffer.from(payload);
  const length = options.length ?? BigInt(body.length);
  const mask = isMasked ? 0x80 : 0;
  const head = Buffer.alloc(10);
  head[0] = (isFinal ? 0x80 : 0) | reserved | opcode;
  let size = 2;
  if (length < 126n) head[1] = mask | Number(length);
  else if (length < 65_536n) {
    head[1] = mask | 126;
    size = head.writeUInt16BE(Number(length), 2);
  } else {
    head[1] = mask | 127;
    size = head.writeBigUInt64BE(length, 2);
  }
  return Buffer.concat([head.subarray(0, size), Buffer.alloc(isMasked ? 4 : 0), body]);
}

export function textFrame(message: string | object): Buffer {
  return frame(OPCODES.text, typeof message === 'string' ? message : JSON.stringify(message));
}
