import { createServer } from 'node:http';
import { createMessaging } from '@tidemark/server';
import { sqliteStorage } from '@tidemark/storage-sqlite';
import { initTRPC } from '@trpc/server';
import { z } from 'zod';

const t = initTRPC.context<{ userId: string }>().create();
const messaging = createMessaging({
  content: { text: z.object({ text: z.string() }), order: z.object({ orderId: z.string(), total: z.number() }) },
  storage: sqliteStorage({ path: ':memory:' }),
});
const router = t.router({ chat: messaging.procedures(t.procedure, { userId: (ctx) => ctx.userId }) });
messaging.attach(createServer().listen(3210, '127.0.0.1'), {
  router,
  createContext: ({ info }) => ({ userId: info.connectionParams?.['token'] ?? '' }), // yours: check a real token
});
export type AppRouter = typeof router;
