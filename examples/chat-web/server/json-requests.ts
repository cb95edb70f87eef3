import type { IncomingMessage, ServerResponse } from 'node:http';

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

/** The body as JSON. Throws a {@link Refusal}; a longer one is not read to its end. */
export async function jsonBodyOf(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const tooLong = () => new Refusal(413, `The body has more than ${maxBytes} bytes.`, CLOSE);
  if (Number(request.headers['content-length']) > maxBytes) throw tooLong();
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop would otherwise destroy the socket, and the answer with it.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLong();
    chunks.push(chunk);
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch {
    throw new Refusal(400, 'The body is not JSON.');
  }
}
