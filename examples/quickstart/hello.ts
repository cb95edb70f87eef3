import { createServer } from 'node:http';
import { createClient, createConnection } from '@tidemark/client';
import { createMessaging } from '@tidemark/server';
import { sqliteStorage } from '@tidemark/storage-sqlite';
import { createTRPCClient } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import { WebSocket } from 'ws';
import { z } from 'zod';

// ── The backend: your own tRPC router, with messaging under a key of your choice ─────────────────────────────────────
const t = initTRPC.context<{ user: { id: string } }>().create();
const messaging = createMessaging({
  content: {
    text: z.object({ text: z.string().min(1).max(8000) }),
    order: z.object({ orderId: z.string(), total: z.number() }),
  },
  storage: sqliteStorage({ path: ':memory:' }),
});
const appRouter = t.router({
  chat: messaging.procedures(t.procedure, { userId: (ctx) => ctx.user.id }),
});
type AppRouter = typeof appRouter;

const server = createServer();
messaging.attach(server, {
  router: appRouter,
  createContext: ({ info }) => ({ user: { id: info.connectionParams?.['token'] ?? '' } }), // yours: check a real token
});
await new Promise<void>((resolve) => server.listen(3210, '127.0.0.1', resolve));

// ── The front end: nothing from the server but `type AppRouter` ──────────────────────────────────────────────────────
function signIn(userId: string) {
  const connection = createConnection({ url: 'ws://127.0.0.1:3210/trpc', WebSocket, token: () => userId });
  const trpc = createTRPCClient<AppRouter>({ links: [connection.link] });
  const client = createClient({ trpc: trpc.chat, connection, userId, contentTypes: ['text', 'order'] });
  client.start();
  return { client, connection };
}
const alice = signIn('alice');
const bob = signIn('bob');
await new Promise<void>((resolve) => bob.client.on('live', () => resolve()));

const arrived = new Promise<void>((resolve) => {
  bob.client.on('message', (message) => {
    if (message.type === 'order') console.log(`bob sees an order of ${message.content.total}`);
    if (message.type === 'order') resolve();
  });
});
const { receipt } = alice.client.direct('bob').send({ type: 'order', content: { orderId: 'A-17', total: 42 } });
console.log(`stored as message ${(await receipt).conversationSeq} of ${(await receipt).conversationId}`);
await arrived;

for (const { client, connection } of [alice, bob]) {
  await client.close();
  await connection.close();
}
await messaging.close();
server.close();
