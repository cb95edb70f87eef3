import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { directConversationId, type Limits, parseErrorText } from '@tidemark/core';
import { type AttachOptions, createMessaging, type ServerEvents } from '@tidemark/server';
import { memoryStorage } from '@tidemark/storage-memory';
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import { initTRPC, TRPCError } from '@trpc/server';
import type { CreateWSSContextFnOptions } from '@trpc/server/adapters/ws';
import superjson from 'superjson';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { content, eventually } from '../support/app.ts';

interface GateOptions {
  readonly createContext?: (handshake: CreateWSSContextFnOptions) => { user: string } | Promise<{ user: string }>;
  readonly limits?: Partial<Limits>;
  readonly attach?: Pick<AttachOptions<never>, 'contextTimeoutMs' | 'addressOf' | 'allowedOrigins'>;
}

/** An application whose transformer keeps all it was asked to build; everybody is alice unless told otherwise. */
async function startGated({ createContext = () => ({ user: 'alice' }), limits = {}, attach = {} }: GateOptions = {}) {
  const built: unknown[] = [];
  const transformer = {
    serialize: superjson.serialize,
    deserialize: (raw: never): unknown => {
      built.push(raw);
      return superjson.deserialize(raw);
    },
  };
  const t = initTRPC.context<{ user: string }>().create({ transformer });
  const storage = memoryStorage();
  const messaging = createMessaging({ content, storage, limits });
  const router = t.router({
    chat: messaging.procedures(t.procedure, { userId: (ctx) => ctx.user }),
    large: t.procedure.query(() => 'x'.repeat(256 * 1024)),
  });
  const reached: ServerEvents['limit-reached'][] = [];
  messaging.on('limit-reached', (event) => reached.push(event));
  const server = createServer();
  messaging.attach(server, { router, createContext, ...attach });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  await messaging.ready();
  const { port } = server.address() as AddressInfo;
  return {
    built,
    reached,
    storage,
    server,
    port,
    wsUrl: `ws://127.0.0.1:${port}/trpc`,
    async [Symbol.asyncDispose]() {
      await messaging.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function open(url: string, options: { headers?: Record<string, string> } = {}): Promise<WebSocket> {
  const socket = new WebSocket(url, options);
  await once(socket, 'open');
  return socket;
}

/** Opens a WebSocket past any client: `frames` leave in the same segment as the request. */
function openRaw(port: number, frames: readonly Buffer[] = [], query = ''): Socket {
  const tcp = connect(port, '127.0.0.1');
  const request =
    `GET /trpc${query} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
  tcp.write(Buffer.concat([Buffer.from(request), ...frames]));
  return tcp;
}

/** A frame as clients send it, with a mask of zeros. */
function frame(text: string, opcode = 0x81): Buffer {
  const payload = Buffer.from(text);
  const length = payload.length < 126 ? [0x80 | payload.length] : [0xfe, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.of(opcode, ...length, 0, 0, 0, 0), payload]);
}

const call = (id: number | string, path: string, json: unknown = null, meta?: object) =>
  JSON.stringify({ id, method: path === 'chat.send' ? 'mutation' : 'query', params: { path, input: { json, meta } } });

const send = (id: number) =>
  call(id, 'chat.send', {
    conversationId: directConversationId('alice', 'bob'),
    clientMessageId: `m${id}`,
    type: 'text',
    content: { text: 'hi' },
  });

const closeCode = async (socket: WebSocket) => (await once(socket, 'close'))[0] as number;

function connectStock(wsUrl: string) {
  const socket = createWSClient({
    url: wsUrl,
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
    retryDelayMs: () => 10,
  });
  const trpc = createTRPCClient<never>({ links: [wsLink({ client: socket, transformer: superjson } as never)] });
  type Head = { chat: { inbox: { head: { query(): Promise<unknown> } } } };
  return { trpc: trpc as unknown as Head, close: () => socket.close() };
}

describe('before the context is known', () => {
  const first = JSON.stringify({ method: 'connectionParams', data: { token: 'x' } });
  test.each<[string, string, (port: number) => Socket]>([
    ['came with the upgrade', '', (port) => openRaw(port, [frame(send(1)), frame(send(2))])],
    [
      'came in fragments',
      '',
      (port) => openRaw(port, [frame(send(1).slice(0, 9), 0x01), frame(send(1).slice(9), 0x80), frame(send(2))]),
    ],
    [
      'came behind the parameters',
      '?connectionParams=1',
      (port) => openRaw(port, [frame(first), frame(send(1)), frame(send(2))], '?connectionParams=1'),
    ],
  ])('a call that %s is not parsed, and is carried out after it', async (_, __, knock) => {
    let identify: (context: { user: string }) => void = () => {};
    let isAsked = false;
    await using app = await startGated({
      createContext: ({ req }) => {
        if (req.headers.host !== 'a') return { user: 'bob' };
        isAsked = true;
        return new Promise((resolve) => {
          identify = resolve;
        });
      },
    });
    const tcp = knock(app.port);
    await eventually('the context is asked for', () => isAsked);
    // Somebody else is served meanwhile, so that the server has had its turns.
    const bob = await open(app.wsUrl);
    bob.send(call(1, 'large'));
    await once(bob, 'message');
    expect(app.built).toHaveLength(1);
    identify({ user: 'alice' });
    await eventually('both calls', () => app.built.length === 3);
    tcp.destroy();
    bob.terminate();
  });

  test('a refused connection has nothing parsed, however long it goes on', async () => {
    await using app = await startGated({
      createContext: () => {
        throw new TRPCError({ code: 'UNAUTHORIZED' });
      },
    });
    const socket = await open(app.wsUrl);
    const writing = setInterval(() => socket.send(send(1)), 1);
    expect(await closeCode(socket)).toBe(4401);
    clearInterval(writing);
    expect(app.built).toEqual([]);
  });

  test.each([
    ['no JSON', '{"method":'],
    ['a list', '[]'],
    ['a call', call(1, 'large')],
    ['data that are no strings', '{"method":"connectionParams","data":{"token":1}}'],
    ['data that are a list', '{"method":"connectionParams","data":["x"]}'],
    ['nesting without end', '['.repeat(8_000)],
  ])('parameters that are %s close with 4500', async (_, text) => {
    await using app = await startGated();
    const socket = await open(`${app.wsUrl}?connectionParams=1`);
    socket.send(text);
    expect(await closeCode(socket)).toBe(4500);
    expect(app.built).toEqual([]);
  });

  test('parameters of more than limits.parametersBytes close with 1009', async () => {
    await using app = await startGated();
    const socket = await open(`${app.wsUrl}?connectionParams=1`);
    socket.send(JSON.stringify({ method: 'connectionParams', data: { token: 'x'.repeat(16 * 1024) } }));
    expect(await closeCode(socket)).toBe(1009);
    expect(app.reached).toMatchObject([{ limit: 'limits.parametersBytes', address: '127.0.0.1' }]);
  });

  test('a context that takes longer than contextTimeoutMs closes with 4500, and what it gives later is not used', async () => {
    let identify: (context: { user: string }) => void = () => {};
    const context = new Promise<{ user: string }>((resolve) => {
      identify = resolve;
    });
    let signal: AbortSignal | undefined;
    await using app = await startGated({
      createContext: ({ info }) => {
        ({ signal } = info);
        return context;
      },
      attach: { contextTimeoutMs: 50 },
    });
    const socket = await open(app.wsUrl);
    socket.send(send(1));
    expect(await closeCode(socket)).toBe(4500);
    expect(signal?.aborted).toBe(true);
    identify({ user: 'alice' });
    await context;
    expect(app.built).toEqual([]);
    expect(app.reached).toMatchObject([{ limit: 'contextTimeoutMs' }]);
  });
});

describe('after the end', () => {
  test('a client that was closed and goes on writing stores nothing more', async () => {
    let kick: () => void = () => {};
    await using app = await startGated({
      createContext: ({ res }) => {
        kick = () => res.close(4409, 'elsewhere');
        return { user: 'alice' };
      },
    });
    const socket = await open(app.wsUrl);
    socket.send(send(1));
    await once(socket, 'message');
    kick();
    for (let n = 2; n < 120; n++) socket.send(send(n));
    expect(await closeCode(socket)).toBe(4409);
    expect(app.built).toHaveLength(1);
  });

  test('a peer that takes no part in closing is cut', async () => {
    await using app = await startGated({ createContext: () => Promise.reject(new Error('no store')) });
    const tcp = openRaw(app.port);
    tcp.resume();
    await once(tcp, 'close');
  });
});

describe('one frame', () => {
  test('of 100 calls of a stock client has 32 served and the others refused, on the same connection', async () => {
    let connections = 0;
    await using app = await startGated({
      createContext: () => {
        connections += 1;
        return { user: 'alice' };
      },
    });
    const { trpc, close } = connectStock(app.wsUrl);
    const results = await Promise.allSettled(Array.from({ length: 100 }, () => trpc.chat.inbox.head.query()));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(68);
    const [first] = refused.map(({ reason }) => parseErrorText((reason as Error).message));
    expect(first).toMatchObject({
      code: 'rate_limited',
      policy: 'retry',
      detail: expect.stringContaining('limits.callsPerFrame'),
    });
    await trpc.chat.inbox.head.query();
    expect(connections).toBe(1);
    expect(app.reached).toMatchObject([{ limit: 'limits.callsPerFrame' }]);
    await close();
  });

  test.each([
    [
      'a typed array that claims 300,000,000 bytes',
      { x: { length: 3e8 } },
      { values: { x: [['typed-array', 'Uint8Array']] } },
    ],
    [
      '20,000 references',
      { a: {}, b: [] },
      { referentialEqualities: { a: Array.from({ length: 20_000 }, (_, n) => `b.${n}`) } },
    ],
  ])('with %s is refused before it is built, and the next one is served', async (_, json, meta) => {
    await using app = await startGated();
    const socket = await open(app.wsUrl);
    const answers: { id: unknown; error?: { json: { message: string } } }[] = [];
    socket.on('message', (data) => answers.push(JSON.parse(String(data))));
    socket.send(`[${call('bad', 'chat.inbox.head', json, meta)},${call('good', 'large')}]`);
    await eventually('both answers', () => answers.length === 2);
    const bad = answers.find(({ id }) => id === 'bad');
    expect(parseErrorText(bad?.error?.json.message ?? '')?.code).toBe('invalid_input');
    expect(app.built).toHaveLength(1);
    socket.terminate();
  });

  test('of 190 feeds opens no more than a user may hold', async () => {
    await using app = await startGated({ limits: { callsPerFrame: 1_000, feedsPerUser: 3 } });
    const socket = await open(app.wsUrl);
    const texts: string[] = [];
    socket.on('message', (data) => texts.push(String(data)));
    const feed = (id: number) => ({
      id,
      method: 'subscription',
      params: { path: 'chat.inbox.feed', input: { json: {} } },
    });
    socket.send(JSON.stringify(Array.from({ length: 190 }, (_, id) => feed(id))));
    await eventually('all refusals', () => texts.filter((text) => text.includes('"error"')).length === 187);
    await eventually('the others live', () => texts.filter((text) => text.includes('"live"')).length === 3);
    socket.terminate();
  });
});

describe('a peer that reads nothing', () => {
  test.each<[string, (tcp: Socket) => void]>([
    [
      'and asks for large answers',
      (tcp) =>
        tcp.write(Buffer.concat(Array.from({ length: 8 }, (_, id) => frame(call(`${Math.random()}${id}`, 'large'))))),
    ],
    [
      'and sends pings',
      (tcp) => tcp.write(Buffer.concat(Array.from({ length: 500 }, () => frame('x'.repeat(120), 0x89)))),
    ],
  ])('%s is not read from, and is cut', async (_, flood) => {
    await using app = await startGated({
      limits: { socketBufferBytes: 64 * 1024, slowSocketGraceMs: 200, readBytesPerSecond: 1e9 },
    });
    const tcp = openRaw(app.port);
    tcp.pause();
    let isGone = false;
    tcp.on('error', () => {});
    const [server] = (await once(app.server, 'connection')) as [Socket];
    server.once('close', () => {
      isGone = true;
    });
    const most = { waiting: 0 };
    await eventually('the cut', () => {
      if (tcp.writable && tcp.writableLength < 1024 * 1024) flood(tcp);
      most.waiting = Math.max(most.waiting, server.writableLength);
      return isGone;
    });
    expect(most.waiting).toBeLessThan(64 * 1024 * 1024);
    expect(app.reached).toContainEqual(expect.objectContaining({ limit: 'limits.slowSocketGraceMs' }));
    tcp.destroy();
  });
});

describe('sockets are capped', () => {
  const status = async (url: string, headers: Record<string, string> = {}) => {
    const socket = new WebSocket(url, { headers });
    socket.on('error', () => {});
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    return response.statusCode;
  };

  test.each<[keyof Limits, number, GateOptions['createContext']]>([
    ['sockets', 503, undefined],
    ['socketsPerAddress', 429, undefined],
    ['unidentifiedSockets', 503, () => new Promise(() => {})],
  ])('by limits.%s with %i, and there is room again when one goes', async (limit, code, createContext) => {
    await using app = await startGated({ limits: { [limit]: 2 }, ...(createContext && { createContext }) });
    const [one, two] = await Promise.all([open(app.wsUrl), open(app.wsUrl)]);
    expect(await status(app.wsUrl)).toBe(code);
    expect(app.reached).toMatchObject([{ limit: `limits.${limit}`, address: '127.0.0.1' }]);
    one.terminate();
    // A socket whose context is not known yet is not read from: it is gone when its time is over.
    if (limit !== 'unidentifiedSockets') await eventually('room', () => open(app.wsUrl).catch(() => undefined));
    two.terminate();
  });

  test('per address as the application knows it', async () => {
    await using app = await startGated({
      limits: { socketsPerAddress: 1 },
      attach: { addressOf: (request) => request.headers['x-real-ip'] as string },
    });
    const from = (address: string) => ({ 'x-real-ip': address });
    await open(app.wsUrl, { headers: from('203.0.113.1') });
    await open(app.wsUrl, { headers: from('203.0.113.2') });
    await open(app.wsUrl, { headers: from('2001:db8:0:1::5') });
    expect(await status(app.wsUrl, from('203.0.113.2'))).toBe(429);
    expect(await status(app.wsUrl, from('2001:db8:0:1:ffff::9'))).toBe(429);
    expect(await status(app.wsUrl, from('::ffff:203.0.113.1'))).toBe(429);
    await open(app.wsUrl, { headers: from('2001:db8:0:2::5') });
  });

  test('per user by closing the oldest with 4409', async () => {
    await using app = await startGated({ limits: { socketsPerUser: 2 } });
    const connectAndCall = async () => {
      const socket = await open(app.wsUrl);
      socket.send(call(1, 'chat.inbox.head'));
      await once(socket, 'message');
      return socket;
    };
    const first = await connectAndCall();
    const second = await connectAndCall();
    const closed = closeCode(first);
    await connectAndCall();
    expect(await closed).toBe(4409);
    expect(second.readyState).toBe(WebSocket.OPEN);
    expect(app.reached).toMatchObject([{ limit: 'limits.socketsPerUser', userId: 'alice' }]);
  });
});

describe('a page', () => {
  const origins: [string, string, string, 'opens' | 403][] = [
    ['of the same host', 'https://app.test', 'app.test', 'opens'],
    ['of the same host, its default port written', 'https://app.test', 'app.test:443', 'opens'],
    ['of the same host and port', 'http://app.test:3000', 'app.test:3000', 'opens'],
    ['of another port', 'http://app.test:3000', 'app.test:4000', 403],
    ['of the default port of another scheme', 'https://app.test', 'app.test:80', 403],
    ['of another host', 'https://evil.test', 'app.test', 403],
    ['of a host that begins alike', 'https://app.test.evil.test', 'app.test', 403],
    ['without an origin of its own', 'null', 'app.test', 403],
    ['whose origin is none', 'app.test', 'app.test', 403],
    ['behind a Host that is more than a host', 'https://evil.test', 'app.test@evil.test', 403],
    ['that the application names', 'https://pages.test', 'app.test', 'opens'],
  ];
  test.each(origins)('%s (%s asks %s): %s', async (_, origin, host, outcome) => {
    await using app = await startGated({ attach: { allowedOrigins: ['https://pages.test'] } });
    const socket = new WebSocket(app.wsUrl, { headers: { origin, host, 'x-forwarded-host': 'evil.test' } });
    socket.on('error', () => {});
    const seen = await Promise.race([
      once(socket, 'open').then(() => 'opens'),
      once(socket, 'unexpected-response').then(([, response]) => (response as IncomingMessage).statusCode),
    ]);
    expect(seen).toBe(outcome);
    socket.terminate();
  });

  test('of any host may connect where the application says so', async () => {
    await using app = await startGated({ attach: { allowedOrigins: '*' } });
    const socket = await open(app.wsUrl, { headers: { origin: 'https://evil.test' } });
    socket.terminate();
  });
});
