/** The few packets of MQTT 3.1.1 that a chat needs: https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/ */
export const TYPE = { connack: 2, publish: 3, puback: 4, suback: 9 } as const;

export interface Packet {
  readonly type: number;
  /** 0 where the type has none. */
  readonly id: number;
  readonly payload: Buffer;
}

const QOS_1 = 1;
const NO_BYTES = Buffer.alloc(0);

export function connectPacket(clientId: string, cleanSession: boolean): Buffer {
  // Keep-alive 0: the broker never takes silence for absence.
  return packet(0x10, Buffer.concat([text('MQTT'), Buffer.from([4, cleanSession ? 2 : 0, 0, 0]), text(clientId)]));
}

export function subscribePacket(id: number, topic: string): Buffer {
  return packet(0x82, Buffer.concat([uint16(id), text(topic), Buffer.from([QOS_1])]));
}

export function publishPacket(id: number, topic: string, payload: string): Buffer {
  return packet(0x30 | (QOS_1 << 1), Buffer.concat([text(topic), uint16(id), Buffer.from(payload)]));
}

export function pubackPacket(id: number): Buffer {
  return packet(0x40, uint16(id));
}

/** Packets of a stream, whose chunks begin and end anywhere. */
export class PacketReader {
  #rest: Buffer = NO_BYTES;
  readonly #onPacket: (packet: Packet) => void;

  constructor(onPacket: (packet: Packet) => void) {
    this.#onPacket = onPacket;
  }

  read(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (let frame = take(bytes); frame; frame = take(bytes)) {
      this.#onPacket(parse(frame.head, frame.body));
      bytes = frame.rest;
    }
    this.#rest = bytes;
  }
}

function take(bytes: Buffer): { head: number; body: Buffer; rest: Buffer } | undefined {
  let length = 0;
  for (let at = 1; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    length += (byte & 127) << (7 * (at - 1));
    if (byte & 128) continue;
    const end = at + 1 + length;
    if (bytes.length < end) return undefined;
    return { head: bytes[0] as number, body: bytes.subarray(at + 1, end), rest: bytes.subarray(end) };
  }
  return undefined;
}

function parse(head: number, body: Buffer): Packet {
  const type = head >> 4;
  if (type === TYPE.connack) {
    if (body[1] !== 0) throw new Error(`the broker refused the connection with ${body[1]}`);
    return { type, id: 0, payload: NO_BYTES };
  }
  if (type !== TYPE.publish) return { type, id: body.readUInt16BE(0), payload: NO_BYTES };
  const afterTopic = 2 + body.readUInt16BE(0);
  const hasId = (head & 6) !== 0;
  return {
    type,
    id: hasId ? body.readUInt16BE(afterTopic) : 0,
    payload: body.subarray(afterTopic + (hasId ? 2 : 0)),
  };
}

function packet(head: number, body: Buffer): Buffer {
  const length: number[] = [];
  for (let rest = body.length; ; rest >>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) return Buffer.concat([Buffer.from([head, ...length]), body]);
  }
}

function text(content: string): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([uint16(bytes.length), bytes]);
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255]);
}
