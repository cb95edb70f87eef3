import { WebSocket } from 'ws';
import { eventually } from '../support/patience.ts';

/** The sockets of the page's people, each opened by the first line that it sends. */
export class PageSockets {
  readonly #url: string;
  readonly #sockets = new Map<string, { socket: WebSocket; received: string[] }>();

  constructor(port: number) {
    this.#url = `ws://127.0.0.1:${port}/trpc?connectionParams=1`;
  }

  async send(user: string, text: string): Promise<void> {
    (await this.#open(user)).socket.send(text);
  }

  /** The next text for `user` that `isMeant`; it is taken out. What belongs to other calls may come before it. */
  async take(user: string, isMeant: (text: string) => boolean): Promise<string> {
    const { received } = await this.#open(user);
    const index = await eventually(`an answer for ${user}; so far ${received.join('\n')}`, () => {
      const found = received.findIndex(isMeant);
      return found < 0 ? undefined : `${found}`;
    });
    return received.splice(Number(index), 1)[0] as string;
  }

  /** What came and was never taken. */
  rest(): string[] {
    return [...this.#sockets].flatMap(([user, { received }]) => received.map((text) => `${user} ← ${text}`));
  }

  close(): void {
    for (const { socket } of this.#sockets.values()) socket.terminate();
  }

  async #open(user: string): Promise<{ socket: WebSocket; received: string[] }> {
    const known = this.#sockets.get(user);
    if (known) return known;
    const socket = new WebSocket(this.#url);
    const received: string[] = [];
    this.#sockets.set(user, { socket, received });
    socket.on('message', (data) => received.push(data.toString()));
    socket.on('close', (code) => received.push(`close ${code}`));
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return { socket, received };
  }
}

/** Sends the lines of a request, and reads as many lines of its answer as the example has; blank ones don't count. */
export async function askHttp(port: number, request: readonly string[], lines: number): Promise<string[]> {
  const [first = '', ...others] = request;
  const [method = '', target = ''] = first.split(' ');
  const body = others.find((line) => line.startsWith('{'));
  const headers = others.filter((line) => line !== body).map((line) => line.split(': ', 2) as [string, string]);
  const stop = new AbortController();
  const response = await fetch(`http://127.0.0.1:${port}${target}`, {
    method,
    headers,
    signal: stop.signal,
    ...(body !== undefined && { body }),
  });
  let text = '';
  const read = (): string[] => text.split('\n').filter((line) => line !== '');
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    // A stream of events does not end, and its last line is whole once a blank one follows.
    if (read().length >= lines - 1 && text.endsWith('\n\n')) break;
  }
  stop.abort();
  return [String(response.status), ...read()];
}
