const FINAL_TEXT = 0x81;
const FINAL_PONG = 0x8a;

/** Bytes with placeholders for a number, or with none: encoded once, and filled in for each recipient. */
export interface FrameTemplate {
  readonly bytes: Buffer;
  readonly places: readonly number[];
}

/** A WebSocket text frame of a server (RFC 6455, 5.2): final, unmasked, uncompressed; header and text are one buffer. */
export function textFrame(text: string): FrameTemplate {
  const length = Buffer.byteLength(text);
  const bytes = emptyFrame(length);
  bytes.write(text, bytes.length - length);
  return { bytes, places: [] };
}

/** The answer to a ping: a control frame, whose payload is that of the ping and at most 125 bytes. */
export function pongFrame(payload: Buffer): FrameTemplate {
  return { bytes: Buffer.concat([Buffer.of(FINAL_PONG, payload.length), payload]), places: [] };
}

/** The parts joined by placeholders of so many digits. */
export function textTemplate(parts: readonly string[], digits: number): FrameTemplate {
  const places: number[] = [];
  let end = 0;
  for (const part of parts.slice(0, -1)) {
    end += Buffer.byteLength(part);
    places.push(end);
    end += digits;
  }
  return { bytes: Buffer.from(parts.join('0'.repeat(digits))), places };
}

/** The frame of `head` and, behind it, the text. */
export function frameTemplate(head: string, text: FrameTemplate): FrameTemplate {
  const length = Buffer.byteLength(head) + text.bytes.length;
  const bytes = emptyFrame(length);
  const start = bytes.length - text.bytes.length;
  bytes.write(head, bytes.length - length);
  bytes.set(text.bytes, start);
  return { bytes, places: text.places.map((place) => start + place) };
}

/** Copies the bytes to `target` from `start` on, with `number` in each placeholder; returns where they end. */
export function fillTemplate({ bytes, places }: FrameTemplate, number: number, target: Buffer, start: number): number {
  target.set(bytes, start);
  if (places.length > 0) {
    const digits = String(number);
    // Byte by byte: a call of the platform for five digits costs more than they do.
    for (const place of places)
      for (let index = 0; index < digits.length; index++) target[start + place + index] = digits.charCodeAt(index);
  }
  return start + bytes.length;
}

/** With its header, for a text of so many bytes at the end. */
function emptyFrame(length: number): Buffer {
  const start = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = FINAL_TEXT;
  if (start === 2) frame[1] = length;
  else if (start === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  return frame;
}
