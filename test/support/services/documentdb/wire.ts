import { BSON, type Document } from 'mongodb';

/**
 * MongoDB's wire protocol, as much as drivers use: OP_MSG both ways, and the OP_QUERY that opens a connection.
 * Source: the MongoDB Wire Protocol, sections "Standard Message Header", "OP_MSG" and "OP_QUERY".
 */
const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const HEADER = 16;
const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 2;

export interface Request {
  readonly requestId: number;
  /** Sent as OP_QUERY: the handshake of a connection. Its reply has an older form. */
  readonly isHandshake: boolean;
  readonly wantsReply: boolean;
  readonly body: Document;
  /** `body` as it came, to be handed on. */
  readonly bodyBytes: Buffer;
  /** Documents sent beside the body, concatenated, by the name of the field they belong to. */
  readonly sequences: ReadonlyMap<string, Buffer>;
}

/** Cuts what has arrived into whole messages and the rest. */
export function cutMessages(received: Buffer): { messages: Buffer[]; rest: Buffer } {
  const messages: Buffer[] = [];
  let rest = received;
  while (rest.length >= HEADER && rest.length >= rest.readInt32LE(0)) {
    messages.push(rest.subarray(0, rest.readInt32LE(0)));
    rest = rest.subarray(rest.readInt32LE(0));
  }
  return { messages, rest };
}

export function parseRequest(message: Buffer): Request {
  const requestId = message.readInt32LE(4);
  const operation = message.readInt32LE(12);
  if (operation === OP_QUERY) {
    const nothing = { body: {}, bodyBytes: Buffer.alloc(0), sequences: new Map<string, Buffer>() };
    return { requestId, isHandshake: true, wantsReply: true, ...nothing };
  }
  if (operation !== OP_MSG) throw new Error(`operation ${operation} of the wire protocol is not supported`);

  const flags = message.readUInt32LE(HEADER);
  const end = message.length - (flags & CHECKSUM_PRESENT ? 4 : 0);
  const sequences = new Map<string, Buffer>();
  let bodyBytes: Buffer | undefined;
  for (let at = HEADER + 4; at < end; ) {
    const kind = message[at];
    const start = at + 1;
    const stop = start + message.readInt32LE(start);
    if (kind === 0) {
      bodyBytes = message.subarray(start, stop);
    } else {
      const nameEnd = message.indexOf(0, start + 4);
      sequences.set(message.toString('utf8', start + 4, nameEnd), message.subarray(nameEnd + 1, stop));
    }
    at = stop;
  }
  if (!bodyBytes) throw new Error('a message has no body');
  const body = decode(bodyBytes);
  return { requestId, isHandshake: false, wantsReply: (flags & MORE_TO_COME) === 0, body, bodyBytes, sequences };
}

export function encodeReply(request: Request, replyId: number, document: Buffer | Document): Buffer {
  const bytes = Buffer.isBuffer(document) ? document : encode(document);
  const fixed = request.isHandshake ? 20 : 5;
  const reply = Buffer.alloc(HEADER + fixed + bytes.length);
  reply.writeInt32LE(reply.length, 0);
  reply.writeInt32LE(replyId, 4);
  reply.writeInt32LE(request.requestId, 8);
  reply.writeInt32LE(request.isHandshake ? OP_REPLY : OP_MSG, 12);
  if (request.isHandshake) {
    reply.writeInt32LE(8, HEADER); // "await capable", as every server says
    reply.writeInt32LE(1, HEADER + 16); // one document
  }
  bytes.copy(reply, HEADER + fixed);
  return reply;
}

export function encode(document: Document): Buffer {
  return Buffer.from(BSON.serialize(document, { ignoreUndefined: true }));
}

/** Longs and binaries stay what they are, so that they are handed on unchanged. */
export function decode(bytes: Buffer): Document {
  return BSON.deserialize(bytes, { promoteLongs: false, promoteBuffers: false });
}
