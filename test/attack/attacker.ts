import { request } from 'node:http';
import { connect } from 'node:net';
import { parseErrorText } from '@tidemark/core';
import superjson from 'superjson';
import { type Answer, type OpenOptions, RawSocket } from './raw-socket.ts';
import type { Scene } from './scene.ts';
import type { Attacked } from './start-attacked.ts';
import type { Target } from './target.ts';

export interface HttpRequest {
  readonly method?: string;
  readonly path: string;
  /** Whose token it carries. */
  readonly user?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** What an attack may use. Everything that it opened is closed when it ends. */
export class Attacker implements Disposable {
  /** Users of this attack alone, so that it does not pay for what another did. */
  readonly user: string;
  readonly victim: string;
  readonly scene: Scene;
  readonly #port: number;
  readonly #wraps: boolean;
  readonly #sockets: RawSocket[] = [];
  #requests = 0;

  constructor(attacked: Attacked, target: Target, number: number) {
    this.user = `mallory-${number}`;
    this.victim = `victim-${number}`;
    this.scene = attacked.scene;
    this.#port = attacked.port;
    this.#wraps = target.transformer === 'superjson';
  }

  /** A conversation that the attacker may write to. */
  get conversationId(): string {
    return `d:${this.user},${this.victim}`;
  }

  /** Upgrades, and says nothing more. */
  async open(options?: OpenOptions): Promise<RawSocket> {
    const socket = await RawSocket.open(this.#port, options);
    this.#sockets.push(socket);
    return socket;
  }

  /** Upgrades, and sends these connection parameters. */
  async openWith(parameters: unknown): Promise<RawSocket> {
    const socket = await this.open({ path: '/trpc?connectionParams=1' });
    socket.send({ method: 'connectionParams', data: parameters });
    return socket;
  }

  /** A socket whose identity the server knows: it has answered a call. */
  async signIn(user = this.user): Promise<RawSocket> {
    const socket = await this.openWith({ token: `token-${user}` });
    await this.call(socket, 'query', 'chat.inbox.head');
    return socket;
  }

  /** A request of the wire. Its id is its own. */
  request(method: string, path: string, input?: unknown, id: unknown = `r${this.#requests++}`): { id: unknown } {
    return { id, method, params: { path, input: this.input(input) } } as { id: unknown };
  }

  /** As the target's transformer puts it. */
  input(value: unknown): unknown {
    return this.#wraps ? superjson.serialize(value) : value;
  }

  send(text = 'hi', conversationId: string = this.conversationId): { id: unknown } {
    const clientMessageId = `m${this.#requests++}`;
    return this.request('mutation', 'chat.send', { conversationId, clientMessageId, type: 'text', content: { text } });
  }

  /** Sends a call, and resolves with its verdict. */
  async call(socket: RawSocket, method: string, path: string, input?: unknown): Promise<string> {
    const message = this.request(method, path, input);
    socket.send(message);
    return verdict(await socket.answerTo(message.id));
  }

  http({ method = 'GET', path, user, headers = {}, body }: HttpRequest): Promise<HttpAnswer> {
    const identity = user === undefined ? {} : { authorization: `token-${user}` };
    return new Promise((resolve, reject) => {
      const options = { port: this.#port, host: '127.0.0.1', method, path, headers: { ...identity, ...headers } };
      const sent = request({ ...options, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode = 0, headers: answered } = response;
          resolve({ status: statusCode, headers: answered, body: Buffer.concat(chunks).toString() });
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** A mutation over HTTP. */
  post(path: string, input: unknown, options: Omit<HttpRequest, 'path' | 'body'> = {}): Promise<HttpAnswer> {
    const headers = { 'content-type': 'application/json', ...options.headers };
    return this.http({ method: 'POST', ...options, path, headers, body: JSON.stringify(this.input(input)) });
  }

  /** A query over HTTP. */
  get(path: string, input?: unknown, user?: string): Promise<HttpAnswer> {
    const query = input === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify(this.input(input)))}`;
    return this.http({ path: `${path}${query}`, ...(user !== undefined && { user }) });
  }

  /** Writes bytes to a connection of its own, and resolves with all that came until the server ended it. */
  tcp(bytes: string | Buffer): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect({ port: this.#port, host: '127.0.0.1' });
      let text = '';
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve(text));
      socket.end(bytes);
    });
  }

  /** How many entries a user has been delivered. */
  async entriesOf(user: string): Promise<number> {
    const { body } = await this.get('/trpc/chat.inbox.head', undefined, user);
    return Number(/"cursor":"[^":]*:(\d+)[":]/.exec(body)?.[1]);
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket[Symbol.dispose]();
  }
}

/** `ok`, the code of our table, tRPC's code of another error, or `nothing` when there was no answer. */
export function verdict(answer: Answer | HttpAnswer | undefined): string {
  const message: unknown = answer && 'body' in answer ? parsed(answer.body as string) : answer;
  if (typeof message !== 'object' || message === null) return 'nothing';
  if (!('error' in message)) return 'ok';
  const { error } = message as { error: { json?: unknown } };
  const { message: text = '', data } = (error.json ?? error) as { message?: string; data?: { code?: string } };
  return parseErrorText(text)?.code ?? data?.code ?? 'an error without a code';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
