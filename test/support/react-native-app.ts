/** What an application of React Native runs: bundled, and started where only the globals of React Native exist. */
import { createClient, createConnection } from '@tidemark/client';
import { type KeyValueStorage, keyValueLocalStore } from '@tidemark/client/key-value';
import { createTRPCClient } from '@trpc/client';
import superjson from 'superjson';
import type { AppRouter } from './app.ts';

export function signIn(url: string, userId: string, storage: KeyValueStorage) {
  const connection = createConnection({ url, transformer: superjson, token: () => `token-${userId}` });
  const trpc = createTRPCClient<AppRouter>({ links: [connection.link] });
  const chat = createClient({
    trpc: trpc.chat,
    connection,
    userId,
    contentTypes: ['text', 'order'],
    store: keyValueLocalStore({ storage }),
  });
  return { chat, connection };
}
