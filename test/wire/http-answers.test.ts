import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMessaging } from '@tidemark/server';
import { memoryStorage } from '@tidemark/storage-memory';
import { initTRPC } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { expect, test } from 'vitest';
import { z } from 'zod';

/** Over the application's own HTTP adapter, with the options that messaging has for it, and errors as in development. */
async function openHttp() {
  const messaging = createMessaging({
    content: { text: z.object({ text: z.string() }) },
    storage: memoryStorage(),
    limits: { contentBytes: 2_048, frameBytes: 4_096, parametersBytes: 1_024, callsPerFrame: 3 },
  });
  const t = initTRPC.context<{ user: string | null }>().create({ isDev: true });
  const router = t.router({ chat: messaging.procedures(t.procedure, { userId: (ctx) => ctx.user }) });
  const handler = createHTTPHandler({
    router,
    createContext: ({ req }) => ({ user: req.headers.authorization ?? null }),
    ...messaging.http,
  });
  const server: Server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ask: async (path: string, options: { user?: string; body?: string } = {}) => {
      const { user, body } = options;
      const response = await fetch(`${url}/${path}`, {
        headers: { 'content-type': 'application/json', ...(user && { authorization: user }) },
        ...(body !== undefined && { method: 'POST', body }),
      });
      return { status: response.status, cached: response.headers.get('cache-control'), text: await response.text() };
    },
    async [Symbol.asyncDispose]() {
      await messaging.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('answers are kept by no cache, those that refuse neither', async () => {
  await using http = await openHttp();
  expect(await http.ask('chat.inbox.head', { user: 'alice' })).toMatchObject({ status: 200, cached: 'no-store' });
  expect(await http.ask('chat.inbox.head')).toMatchObject({ status: 401, cached: 'no-store' });
});

test('no refusal carries a stack, also where the application shows its own', async () => {
  await using http = await openHttp();
  const refusals = [
    await http.ask('chat.inbox.head'),
    await http.ask('chat.conversations.createGroup', { user: 'alice', body: '{"memberIds":[""]}' }),
    await http.ask('chat.conversations.openDirect', { user: 'alice', body: '{"userId":"alice"}' }),
    await http.ask('chat.conversations.get?input=%7B%22conversationId%22%3A%22d%3Aalice%2Cbob%22%7D', {
      user: 'alice',
    }),
  ];
  expect(refusals.map(({ status }) => status)).toEqual([401, 400, 400, 404]);
  for (const { text } of refusals) {
    expect(text).toMatch(/"message":"[a-z_]+(?: \[|: )/);
    expect(text).not.toContain('"stack"');
    expect(text).not.toContain('node_modules');
  }
});

test('a body is cut off at its bound, and a batch at its own', async () => {
  await using http = await openHttp();
  const large = { user: 'alice', body: JSON.stringify({ memberIds: ['x'.repeat(8_000)] }) };
  expect(await http.ask('chat.conversations.createGroup', large)).toMatchObject({ status: 413 });
  const heads = (count: number) => `${new Array(count).fill('chat.inbox.head').join(',')}?batch=1`;
  expect((await http.ask(heads(3), { user: 'alice' })).status).toBe(200);
  expect((await http.ask(heads(4), { user: 'alice' })).status).toBeGreaterThanOrEqual(400);
});
