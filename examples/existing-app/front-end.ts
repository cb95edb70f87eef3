import { connect } from '@tidemark/client';
import { createTRPCClient, httpLink } from '@trpc/client';
import superjson from 'superjson';
import { WebSocket } from 'ws';
import type { AppRouter } from './app-router.ts';

/**
 * A front end as the application has it: its own calls go over HTTP as before, messaging's over a socket. Nothing comes
 * from the server but `type AppRouter`.
 */
export function startFrontEnd(options: { port: number; userId: string; token: () => Promise<string> }) {
  const { port, userId, token } = options;
  const trpc = createTRPCClient<AppRouter>({
    links: [
      httpLink({
        url: `http://127.0.0.1:${port}/trpc`,
        transformer: superjson,
        headers: async () => ({ authorization: `Bearer ${await token()}` }),
      }),
    ],
  });
  const chat = connect<AppRouter>({
    url: `ws://127.0.0.1:${port}/trpc`,
    WebSocket,
    transformer: superjson,
    token,
    router: 'chat',
    userId,
    contentTypes: ['text', 'order'],
  });
  return { trpc, chat };
}
