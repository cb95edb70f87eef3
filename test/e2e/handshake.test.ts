import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { createMessaging } from '@tidemark/server';
import { memoryStorage } from '@tidemark/storage-memory';
import { initTRPC } from '@trpc/server';
import type { CreateWSSContextFnOptions } from '@trpc/server/adapters/ws';
import { afterEach, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { connectStock, content, startApp } from '../support/app.ts';

const UPGRADE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';

afterEach(() => {
  vi.useRealTimers();
});

/** An application that tells of each handshake, and lets pages of one origin connect. */
async function startListening(onHandshake: (handshake: CreateWSSContextFnOptions) => void = () => {}) {
  const t = initTRPC.context<{ user: string }>().create();
  const messaging = createMessaging({ content, storage: memoryStorage() });
  const router = t.router({ chat: messaging.procedures(t.procedure, { userId: (ctx) => ctx.user }) });
  const server = createServer();
  messaging.attach(server, {
    router,
    allowedOrigins: ['https://app.test'],
    createContext: (handshake) => {
      onHandshake(handshake);
      return { user: 'bob' };
    },
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    server,
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      await messaging.close();
      server.close();
    },
  };
}

test.each([
  ['without parameters', ''],
  ['once its parameters are there', '?connectionParams=1'],
])('the context is made from the whole upgrade request, %s', async (_, query) => {
  let tell: (seen: unknown) => void = () => {};
  const seen = new Promise((resolve) => {
    tell = resolve;
  });
  await using app = await startListening(({ req, info }) => {
    tell([req.headers.cookie, req.url, req.socket.remoteAddress, info.connectionParams]);
  });
  const socket = new WebSocket(`ws://127.0.0.1:${app.port}/trpc${query}`, { headers: { cookie: 'session=1' } });
  await once(socket, 'open');
  if (query !== '') socket.send(JSON.stringify({ method: 'connectionParams', data: { token: 'x' } }));
  expect(await seen).toEqual(['session=1', `/trpc${query}`, '127.0.0.1', query === '' ? null : { token: 'x' }]);
});

test.each([
  ['no host', 'a b['],
  ['nothing', ''],
])('a request whose Host is %s opens a socket as any other, and the process lives on', async (_, host) => {
  await using app = await startApp();
  const socket = new WebSocket(app.wsUrl, { headers: { host } });
  await once(socket, 'open');
  socket.close();
  await using bob = connectStock(app.wsUrl, 'bob');
  expect(await bob.trpc.serverTime.query()).toEqual(new Date(0));
});

test.each([
  ['to another path', '/elsewhere', 'a.test', '404'],
  ['from an origin that is not allowed', '/trpc', 'https://evil.test', '403'],
])(
  'a refused request %s ends nothing but its connection, also where the client resets it',
  async (_, path, origin, status) => {
    await using app = await startListening();
    const client = connect(app.port, '127.0.0.1');
    const reset = new Promise<void>((resolve) => {
      app.server.once('connection', (tcp) => tcp.once('close', resolve));
    });
    client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nOrigin: ${origin}\r\n${UPGRADE}\r\n\r\n`);
    const [answer] = await once(client, 'data');
    expect(String(answer)).toContain(status);
    client.resetAndDestroy();
    await reset;
  },
);

test('a client that announces parameters and never sends them is closed, and one that sends them is not', async () => {
  await using app = await startApp();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const open = async () => {
    const socket = new WebSocket(`${app.wsUrl}?connectionParams=1`);
    await once(socket, 'open');
    return socket;
  };
  const [nameless, alice] = await Promise.all([open(), open()]);
  alice.send(JSON.stringify({ method: 'connectionParams', data: { token: 'token-alice' } }));
  alice.send(JSON.stringify({ id: 1, method: 'query', params: { path: 'serverTime' } }));
  await once(alice, 'message');
  vi.advanceTimersByTime(10_000);
  expect((await once(nameless, 'close'))[0]).toBe(4500);
  expect(alice.readyState).toBe(WebSocket.OPEN);
  alice.terminate();
});
