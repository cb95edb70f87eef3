import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMessaging } from '@tidemark/server';
import { memoryStorage } from '@tidemark/storage-memory';
import { initTRPC } from '@trpc/server';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { connectStock, content, startApp } from '../support/app.ts';

test.each([
  ['without parameters', ''],
  ['once its parameters are there', '?connectionParams=1'],
])('the context is made from the whole upgrade request, %s', async (_, query) => {
  const t = initTRPC.context<{ user: string }>().create();
  const messaging = createMessaging({ content, storage: memoryStorage() });
  const router = t.router({ chat: messaging.procedures(t.procedure, { userId: (ctx) => ctx.user }) });
  const server = createServer();
  const seen = new Promise((resolve) => {
    messaging.attach(server, {
      router,
      createContext: ({ req, info }) => {
        resolve([req.headers.cookie, req.url, req.socket.remoteAddress, info.connectionParams]);
        return { user: 'bob' };
      },
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/trpc${query}`, { headers: { cookie: 'session=1' } });
  await once(socket, 'open');
  if (query !== '') socket.send(JSON.stringify({ method: 'connectionParams', data: { token: 'x' } }));
  expect(await seen).toEqual(['session=1', `/trpc${query}`, '127.0.0.1', query === '' ? null : { token: 'x' }]);
  await messaging.close();
  server.close();
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
