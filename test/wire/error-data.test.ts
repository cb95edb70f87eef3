import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMessaging } from '@tidemark/server';
import { memoryStorage } from '@tidemark/storage-memory';
import { createTRPCClient, createWSClient, httpLink, type TRPCClientError, wsLink } from '@trpc/client';
import { initTRPC, TRPCError } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { content } from '../support/app.ts';

async function startServer() {
  const messaging = createMessaging({ content, storage: memoryStorage() });
  const t = initTRPC.context<{ user: string }>().create({
    errorFormatter: messaging.errorFormatter,
  });
  const router = t.router({
    chat: messaging.procedures(t.procedure, { userId: ({ user }) => user }),
    closed: t.procedure.query(() => {
      throw new TRPCError({ code: 'FORBIDDEN', message: 'not today' });
    }),
  });
  const createContext = () => ({ user: 'alice' });
  const server = createServer(createHTTPHandler({ router, basePath: '/trpc/', createContext }));
  messaging.attach(server, { router, createContext });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await messaging.ready();
  const place = `127.0.0.1:${(server.address() as AddressInfo).port}/trpc`;
  const socket = createWSClient({
    url: `ws://${place}`,
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
  });
  return {
    router,
    clients: {
      WebSocket: createTRPCClient<typeof router>({ links: [wsLink({ client: socket })] }),
      HTTP: createTRPCClient<typeof router>({ links: [httpLink({ url: `http://${place}` })] }),
    },
    async [Symbol.asyncDispose]() {
      await socket.close();
      await messaging.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Router = Awaited<ReturnType<typeof startServer>>['router'];

/** What a failed call says of itself, typed by the router alone. */
async function dataOf(call: Promise<unknown>) {
  const error: unknown = await call.then(
    () => undefined,
    (thrown) => thrown,
  );
  return (error as TRPCClientError<Router>).data?.tidemark;
}

test.each(['WebSocket', 'HTTP'] as const)(
  'errors over %s say as data what their text says, if the application wants it',
  async (way) => {
    await using server = await startServer();
    const { chat, closed } = server.clients[way];
    expect(await dataOf(chat.conversations.openDirect.mutate({ userId: 'a,b' }))).toEqual({
      code: 'invalid_input',
      field: 'userId',
      reason: null,
      policy: 'give-up',
    });
    const stranger = {
      conversationId: 'd:bob,carol',
      clientMessageId: 'c',
      type: 'text',
      content: { text: 'hi' },
    } as const;
    expect(await dataOf(chat.send.mutate(stranger))).toMatchObject({ code: 'not_a_member', policy: 'give-up' });
    expect(await dataOf(closed.query())).toBeNull();
  },
);
