/**
 * WebSocket messages on a raw byte stream, as RFC 6455 frames them: enough to tell messages apart and to pass them on byte by
 * byte as they came. A fragmented message is one message; control frames between its fragments are told first, which the
 * RFC allows. Extensions must be off: with compression the bytes of a message depend on those before it.
 */
export interface WebSocketMessage {
  /** All of its frames, as they came. */
  readonly bytes: Buffer;
  /** Of a text message; `undefined` for binary messages and control frames. */
  readonly text: string | undefined;
}

const TEXT = 1;
const CONTROL = 8;

export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);
  /** Frames of a message whose last one is still to come. */
  #frames: Frame[] = [];

  /** The messages that this chunk completes. */
  read(chunk: Buffer): WebSocketMessage[] {
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const messages: WebSocketMessage[] = [];
    for (let frame = parseFrame(this.#rest); frame; frame = parseFrame(this.#rest)) {
      this.#rest = this.#rest.subarray(frame.bytes.length);
      if (frame.opcode >= CONTROL) {
        messages.push({ bytes: frame.bytes, text: undefined });
        continue;
      }
      this.#frames.push(frame);
      if (frame.final) messages.push(this.#complete());
    }
    return messages;
  }

  /** What has come and completes nothing. */
  rest(): Buffer {
    const rest = Buffer.concat([...this.#frames.map(({ bytes }) => bytes), this.#rest]);
    this.#frames = [];
    this.#rest = Buffer.alloc(0);
    return rest;
  }

  #complete(): WebSocketMessage {
    const frames = this.#frames;
    this.#frames = [];
    const bytes = Buffer.concat(frames.map((frame) => frame.bytes));
    if (frames[0]?.opcode !== TEXT) return { bytes, text: undefined };
    return { bytes, text: Buffer.concat(frames.map(payloadOf)).toString() };
  }
}

interface Frame {
  readonly final: boolean;
  readonly opcode: number;
  readonly bytes: Buffer;
  /** Where the payload begins; the four bytes before it are the mask, when there is one. */
  readonly from: number;
  readonly masked: boolean;
}

/** The first frame of the bytes; `undefined` when it is not all there. */
function parseFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < 2) return undefined;
  const [first, second] = [bytes.readUInt8(0), bytes.readUInt8(1)];
  const masked = (second & 0x80) !== 0;
  const short = second & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const from = 2 + lengthBytes + (masked ? 4 : 0);
  if (bytes.length < from) return undefined;
  const length =
    lengthBytes === 0 ? short : lengthBytes === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < from + length) return undefined;
  const end = from + length;
  return { final: (first & 0x80) !== 0, opcode: first & 0x0f, bytes: bytes.subarray(0, end), from, masked };
}

function payloadOf({ bytes, from, masked }: Frame): Buffer {
  const payload = bytes.subarray(from);
  if (!masked) return payload;
  const mask = bytes.subarray(from - 4, from);
  return Buffer.from(payload.map((byte, index) => byte ^ (mask[index % 4] as number)));
}
