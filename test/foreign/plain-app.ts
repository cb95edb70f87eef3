import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createMessaging, type MessagingOptions } from '@tidemark/server';
import { memoryStorage } from '@tidemark/storage-memory';
import { initTRPC, TRPCError } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { z } from 'zod';

/** Content kinds of the application that PROTOCOL.md's examples talk to. */
const content = { text: z.object({ text: z.string().min(1).max(8_000) }) };

/** Tokens are `token-<user>`; anything else is refused, and those of `strangers`. */
function userOf(token: unknown, strangers: readonly string[]): string {
  const [, user] = typeof token === 'string' ? (/^token-(.+)$/.exec(token) ?? []) : [];
  if (user === undefined || strangers.includes(user))
    throw new TRPCError({ code: 'UNAUTHORIZED', message: 'unauthenticated: no such token' });
  return user;
}

/**
 * The application that PROTOCOL.md's examples are of: no transformer, the procedures under `chat`, WebSocket and HTTP at
 * `/trpc`. Without `port` on a private one.
 */
export async function startPlainApp(
  options: Partial<MessagingOptions<typeof content>> & { port?: number; strangers?: readonly string[] } = {},
) {
  const { port: wanted = 0, strangers = [], ...settings } = options;
  const messaging = createMessaging({ content, storage: memoryStorage(), ...settings });
  const t = initTRPC.context<{ user: string }>().create({ isDev: false });
  const router = t.router({ chat: messaging.procedures(t.procedure, { userId: (ctx) => ctx.user }) });
  const handler = createHTTPHandler({
    router,
    basePath: '/trpc/',
    createContext: ({ req }) => ({ user: userOf(req.headers.authorization, strangers) }),
    ...messaging.http,
  });
  const server = createServer(handler);
  const connections = new Set<Socket>();
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  messaging.attach(server, {
    router,
    createContext: ({ info }) => ({ user: userOf(info.connectionParams?.['token'], strangers) }),
  });
  await new Promise<void>((resolve) => server.listen(wanted, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await messaging.ready();
  return {
    messaging,
    port,
    /** Cuts every connection, as a network would. */
    cut() {
      for (const socket of connections) socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      await messaging.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
