import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMessaging } from '@tidemark/server';
import { sqliteStorage } from '@tidemark/storage-sqlite';
import { TRPCError } from '@trpc/server';
import { createExpressMiddleware } from '@trpc/server/adapters/express';
import express from 'express';
import { type Context, content, createAppRouter } from './app-router.ts';
import { createIdentity, type User } from './identity.ts';

/** An Express application with its own router, to which messaging was added. */
export async function startServer(options: { authSecret: string | undefined; path: string; port?: number }) {
  const identity = createIdentity(options.authSecret);
  const messaging = createMessaging({ content, storage: sqliteStorage({ path: options.path }) });
  const router = createAppRouter(messaging);
  await messaging.ready();

  const app = express();
  app.get('/health', (_request, response) => {
    response.json({ ok: true });
  });
  // The procedures over HTTP, chat's too: the middleware that was there serves them.
  app.use(
    '/trpc',
    createExpressMiddleware({
      router,
      // How large a body and how many calls a batch may be, and that no cache keeps an answer.
      ...messaging.http,
      createContext: async ({ req }): Promise<Context> => ({
        user: await identity.verify(req.headers.authorization?.replace(/^Bearer /, '')),
      }),
    }),
  );

  // And over WebSocket, on the same server and path.
  const server: Server = createServer(app);
  messaging.attach(server, {
    router,
    createContext: async ({ info }): Promise<Context> => {
      const user = await identity.verify(info.connectionParams?.['token']);
      if (!user) throw new TRPCError({ code: 'UNAUTHORIZED' });
      return { user };
    },
  });
  messaging.on('dead-lettered', ({ reason }) => console.error('command parked:', reason));
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));

  return {
    port: (server.address() as AddressInfo).port,
    /** Stands for the application's sign-in form. */
    signIn: (user: User, lifetime?: string) => identity.issue(user, lifetime),
    close: async () => {
      await messaging.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
