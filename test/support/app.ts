import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Storage } from '@tidemark/core';
import { createMessaging, type MessagingOptions, type ServerEventName, type ServerEvents } from '@tidemark/server';
import { memoryStorage } from '@tidemark/storage-memory';
import { createTRPCClient, createWSClient, httpLink, wsLink } from '@trpc/client';
import { initTRPC, TRPCError } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import superjson from 'superjson';
import { WebSocket } from 'ws';
import { z } from 'zod';

export { eventually } from './patience.ts';

/** Content kinds of the application that tests talk to. */
export const content = {
  text: z.object({ text: z.string().min(1).max(8_000) }),
  order: z.object({ orderId: z.string(), total: z.number() }),
};

type Options = Partial<Omit<MessagingOptions<typeof content>, 'content'>>;

/** Tokens are `token-<user>`; anything else is refused. */
function userOf(token: unknown): { id: string } {
  const [, id] = typeof token === 'string' ? (/^token-(.+)$/.exec(token) ?? []) : [];
  if (id === undefined) throw new TRPCError({ code: 'UNAUTHORIZED', message: 'no such token' });
  return { id };
}

function build(options: Options & { storage: Storage | { history: Storage['history']; inbox: Storage['inbox'] } }) {
  const t = initTRPC.context<{ user: { id: string } | null }>().create({ transformer: superjson });
  const authed = t.procedure.use(({ ctx, next }) => {
    if (!ctx.user) throw new TRPCError({ code: 'UNAUTHORIZED' });
    return next({ ctx: { user: ctx.user } });
  });
  const messaging = createMessaging({ content, ...options });
  const router = t.router({
    chat: messaging.procedures(authed, { userId: (ctx) => ctx.user.id }),
    serverTime: t.procedure.query(() => new Date(0)),
  });
  return { messaging, router };
}

export type AppRouter = ReturnType<typeof build>['router'];

/**
 * An application with messaging in it, on a private port: HTTP and WebSocket at `/trpc`.
 *
 * @param isReady resolves when storage and queue are open; else at once
 */
export async function startApp(options: Options = {}, { isReady = true } = {}) {
  const { messaging, router } = build({ storage: memoryStorage(), ...options });
  const handler = createHTTPHandler({
    router,
    basePath: '/trpc/',
    createContext: ({ req }) => {
      const token = req.headers.authorization;
      return { user: token === undefined ? null : userOf(token) };
    },
  });
  const server = createServer(handler);
  const attachment = messaging.attach(server, {
    router,
    createContext: ({ info }) => ({ user: userOf(info.connectionParams?.['token']) }),
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  if (isReady) await messaging.ready();
  return {
    messaging,
    router,
    attachment,
    port,
    wsUrl: `ws://127.0.0.1:${port}/trpc`,
    httpUrl: `http://127.0.0.1:${port}/trpc`,
    /** Resolves with the next event of that name that fits. */
    next<Name extends ServerEventName>(
      name: Name,
      fits: (payload: ServerEvents[Name]) => boolean = () => true,
    ): Promise<ServerEvents[Name]> {
      return new Promise((resolve) => {
        const off = messaging.on(name, (payload) => {
          if (!fits(payload)) return;
          off();
          resolve(payload);
        });
      });
    },
    async [Symbol.asyncDispose]() {
      await messaging.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type App = Awaited<ReturnType<typeof startApp>>;

/** A stock tRPC client over WebSocket, signed in as `user`. */
export function connectStock(wsUrl: string, user: string, retryDelayMs = 20) {
  const socket = createWSClient({
    url: wsUrl,
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
    connectionParams: () => ({ token: `token-${user}` }),
    retryDelayMs: () => retryDelayMs,
  });
  const trpc = createTRPCClient<AppRouter>({ links: [wsLink({ client: socket, transformer: superjson })] });
  return {
    trpc,
    socket,
    /** Cuts the connection as a network would; the stock client connects again by itself. */
    cut() {
      (socket.connection?.ws as unknown as WebSocket | undefined)?.terminate();
    },
    async [Symbol.asyncDispose]() {
      await socket.close();
    },
  };
}

/** A stock tRPC client over HTTP, signed in as `user`, or not. */
export function connectHttp(httpUrl: string, user?: string) {
  return createTRPCClient<AppRouter>({
    links: [
      httpLink({
        url: httpUrl,
        transformer: superjson,
        headers: user === undefined ? {} : { authorization: `token-${user}` },
      }),
    ],
  });
}
