import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, Server } from 'node:net';
import fastifyWebsocket from '@fastify/websocket';
import { serve } from '@hono/node-server';
import { createClient, createConnection } from '@tidemark/client';
import { createMessaging, type UpgradeServer } from '@tidemark/server';
import { memoryStorage } from '@tidemark/storage-memory';
import { createTRPCClient } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import type { CreateWSSContextFnOptions } from '@trpc/server/adapters/ws';
import express from 'express';
import { fastify } from 'fastify';
import { Hono } from 'hono';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { eventually } from '../support/patience.ts';
import { SELF_SIGNED } from '../support/self-signed.ts';

function createApp(options: { warnings?: boolean } = {}) {
  const t = initTRPC.context<{ user: { id: string } }>().create();
  const messaging = createMessaging({
    content: { text: z.object({ text: z.string() }) },
    storage: memoryStorage(),
    limits: { frameBytes: 100_000, sockets: 10 },
    ...options,
  });
  const router = t.router({ chat: messaging.procedures(t.procedure, { userId: (ctx) => ctx.user.id }) });
  const createContext = ({ info }: CreateWSSContextFnOptions) => ({
    user: { id: info.connectionParams?.['token'] ?? '' },
  });
  return { messaging, router, createContext, [Symbol.asyncDispose]: () => messaging.close() };
}

type AppRouter = ReturnType<typeof createApp>['router'];

class Trusting extends WebSocket {
  constructor(url: string) {
    super(url, { rejectUnauthorized: false });
  }
}

function signIn(url: string, userId: string) {
  const connection = createConnection({
    url,
    WebSocket: Trusting,
    token: () => userId,
    backoff: { baseMs: 5, capMs: 50 },
  });
  const trpc = createTRPCClient<AppRouter>({ links: [connection.link] });
  const client = createClient({ trpc: trpc.chat, connection, userId, contentTypes: ['text'], warnings: false });
  client.start();
  return {
    client,
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await connection.close();
    },
  };
}

/** Two people say something to each other. */
async function talk(url: string): Promise<void> {
  await using alice = signIn(url, 'alice');
  await using bob = signIn(url, 'bob');
  await alice.client.direct('bob').send({ type: 'text', content: { text: 'hello' } }).receipt;
  await eventually('the message', () => bob.client.unread.getSnapshot() === 1);
}

async function listening(server: Server, scheme = 'ws') {
  if (!server.listening) server.listen(0, '127.0.0.1');
  if (!server.listening) await once(server, 'listening');
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/trpc`,
    [Symbol.asyncDispose]: async () => {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What a framework gives, as the server that it is. */
function nodeServer(given: unknown): Server & UpgradeServer {
  if (given instanceof Server) return given as Server & UpgradeServer;
  throw new Error('not a server of Node');
}

describe('attach takes the server of', () => {
  test('node:http, node:https, and node:http2 with HTTP/1.1 allowed', async () => {
    const servers = [
      createServer(),
      createTlsServer(SELF_SIGNED),
      createSecureServer({ ...SELF_SIGNED, allowHTTP1: true }),
    ] as const;
    for (const [index, server] of servers.entries()) {
      await using app = createApp();
      await using http = await listening(server, index === 0 ? 'ws' : 'wss');
      app.messaging.attach(server, app);
      await talk(http.url);
      await app.messaging.close();
    }
  });

  test('Express', async () => {
    await using app = createApp();
    const server = express().listen(0, '127.0.0.1');
    app.messaging.attach(server, app);
    await using http = await listening(server);
    await talk(http.url);
    await app.messaging.close();
  });

  test('Hono', async () => {
    await using app = createApp();
    const server = serve({ fetch: new Hono().fetch, port: 0, hostname: '127.0.0.1' });
    app.messaging.attach(server, app);
    await using http = await listening(nodeServer(server));
    await talk(http.url);
    await app.messaging.close();
  });

  test('Fastify', async () => {
    await using app = createApp();
    const framework = fastify();
    app.messaging.attach(framework.server, app);
    await framework.listen({ port: 0, host: '127.0.0.1' });
    await using http = await listening(framework.server);
    await talk(http.url);
    await app.messaging.close();
  });
});

describe('sockets that somebody else upgrades', () => {
  async function withFastifyWebsocket(app: ReturnType<typeof createApp>) {
    const framework = fastify();
    await framework.register(fastifyWebsocket);
    const attachment = app.messaging.attach(null, app);
    framework.register(async (routes) => {
      routes.get('/trpc', { websocket: true }, (socket, request) => attachment.accept(socket, request.raw));
    });
    await framework.listen({ port: 0, host: '127.0.0.1' });
    const { port } = framework.server.address() as AddressInfo;
    return {
      attachment,
      url: `ws://127.0.0.1:${port}/trpc`,
      [Symbol.asyncDispose]: async () => {
        await app.messaging.close();
        await framework.close();
      },
    };
  }

  test('go through the gate: identity, calls, feeds, and 1012 at the end', async () => {
    await using app = createApp();
    await using http = await withFastifyWebsocket(app);
    await talk(http.url);
    await using alice = signIn(http.url, 'alice');
    await eventually('live', () => alice.client.connection.getSnapshot().state === 'live');
    await eventually('one socket', () => http.attachment.connections === 1);
    const raw = new WebSocket(http.url);
    await once(raw, 'open');
    await eventually('two sockets', () => http.attachment.connections === 2);
    const closed = once(raw, 'close') as Promise<[number]>;
    await app.messaging.close();
    expect((await closed)[0]).toBe(1012);
    expect(http.attachment.connections).toBe(0);
  });

  test('of another origin, beyond the caps, or with too large a frame are closed with a code', async () => {
    await using app = createApp();
    await using http = await withFastifyWebsocket(app);
    const codeOf = async (socket: WebSocket) => (await (once(socket, 'close') as Promise<[number]>))[0];
    expect(await codeOf(new WebSocket(http.url, { origin: 'https://evil.test' }))).toBe(4403);
    const large = new WebSocket(http.url);
    large.once('open', () => large.send(JSON.stringify({ text: 'x'.repeat(200_000) })));
    expect(await codeOf(large)).toBe(1009);
    const many = Array.from({ length: 10 }, () => new WebSocket(http.url));
    await Promise.all(many.map((socket) => once(socket, 'open')));
    await eventually('ten sockets', () => http.attachment.connections === 10);
    expect(await codeOf(new WebSocket(http.url))).toBe(1013);
  });

  test('or routes by itself: upgrade takes the request whatever its path', async () => {
    await using app = createApp();
    const server = createServer();
    const attachment = app.messaging.attach(null, app);
    server.on('upgrade', (request: IncomingMessage, socket, head) => {
      if (request.url?.startsWith('/api/chat')) attachment.upgrade(request, socket, head);
      else socket.destroy();
    });
    await using http = await listening(server);
    await talk(http.url.replace('/trpc', '/api/chat'));
    await app.messaging.close();
  });
});

describe('a listener that answers before us', () => {
  afterEach(() => vi.restoreAllMocks());

  test('is told of on the console once, and its answer reaches the client whole', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    await using app = createApp();
    const framework = fastify();
    app.messaging.attach(framework.server, app);
    await framework.register(fastifyWebsocket);
    await framework.listen({ port: 0, host: '127.0.0.1' });
    await using http = await listening(framework.server);
    for (let times = 0; times < 2; times += 1) {
      const refused = new WebSocket(http.url);
      const [error] = (await once(refused, 'error')) as [Error];
      expect(error.message).toContain('404');
    }
    expect(warn.mock.calls.map(([sentence]) => String(sentence))).toEqual([
      expect.stringMatching(/^tidemark: another listener answers the upgrades to \/trpc first.*accept/),
    ]);
    await app.messaging.close();
    await framework.close();
  });

  test('is left its socket when it speaks WebSocket too, and warnings: false says nothing', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    await using app = createApp({ warnings: false });
    const server = createServer();
    const theirs = new WebSocketServer({ server });
    theirs.on('connection', (socket) => socket.send('theirs'));
    app.messaging.attach(server, app);
    await using http = await listening(server);
    const socket = new WebSocket(http.url);
    const [data] = (await once(socket, 'message')) as [Buffer];
    expect(String(data)).toBe('theirs');
    expect(warn).not.toHaveBeenCalled();
    socket.terminate();
    theirs.close();
  });
});
