import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ChatLimits, LimitReached } from './limits.ts';

/** What is answered instead, and why. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, sentence: string, headers: Readonly<Record<string, string>> = {}) {
    super(sentence);
    this.status = status;
    this.headers = headers;
  }
}

export function answerJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

/** A body that wasn't read would come next on the same connection. */
export const CLOSE = { connection: 'close' } as const;

type BytesLimit = 'signInBytes' | 'bodyBytes';

/** Throws {@link LimitReached} when the request says that its body is longer. */
export function checkLength(request: IncomingMessage, limits: ChatLimits, limit: BytesLimit): void {
  if (Number(request.headers['content-length']) > limits[limit]) throw tooLong(limits, limit);
}

/** The body as JSON. Throws a {@link Refusal}, or {@link LimitReached}: a longer one is not read to its end. */
export async function jsonBodyOf(request: IncomingMessage, limits: ChatLimits, limit: BytesLimit): Promise<unknown> {
  checkLength(request, limits, limit);
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop would otherwise destroy the socket, and the answer with it.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > limits[limit]) throw tooLong(limits, limit);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch {
    throw new Refusal(400, 'The body is not JSON.');
  }
}

function tooLong(limits: ChatLimits, limit: BytesLimit): LimitReached {
  return new LimitReached(limit, `The body has more than ${limits[limit]} bytes`);
}
