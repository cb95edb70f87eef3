import { createClient, createConnection } from '@tidemark/client';
import { createTRPCClient } from '@trpc/client';
import { WebSocket } from 'ws';
import type { AppRouter } from './backend.ts';

/** What a browser would do; the only difference is that Node 20 has to be handed a WebSocket. */
export function signIn(url: string, userId: string) {
  const connection = createConnection({ url, WebSocket, token: () => userId });
  const trpc = createTRPCClient<AppRouter>({ links: [connection.link] });
  const client = createClient({ trpc: trpc.chat, connection, userId, contentTypes: ['text', 'order'] });
  client.start();
  return { client, connection };
}
