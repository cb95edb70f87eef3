import { createClient, createConnection } from '@tidemark/client';
import { createTRPCClient, httpLink, splitLink } from '@trpc/client';
import superjson from 'superjson';
import { WebSocket } from 'ws';
import type { AppRouter } from './app-router.ts';

/**
 * A front end as the application has it: its own calls go over HTTP as before, messaging's over the socket. Nothing comes
 * from the server but `type AppRouter`.
 */
export function startFrontEnd(options: { port: number; userId: string; token: () => Promise<string> }) {
  const { port, userId, token } = options;
  const connection = createConnection({ url: `ws://127.0.0.1:${port}/trpc`, WebSocket, transformer: superjson, token });
  const trpc = createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: (operation) => operation.path.startsWith('chat.'),
        true: connection.link,
        false: httpLink({
          url: `http://127.0.0.1:${port}/trpc`,
          transformer: superjson,
          headers: async () => ({ authorization: `Bearer ${await token()}` }),
        }),
      }),
    ],
  });
  const chat = createClient({ trpc: trpc.chat, connection, userId, contentTypes: ['text', 'order'] });
  chat.start();
  return {
    trpc,
    chat,
    close: async () => {
      await chat.close();
      await connection.close();
    },
  };
}
