import { createServer } from 'node:http';
import { createMessaging } from '@tidemark/server';
import { memoryStorage } from '@tidemark/storage-memory';
import { initTRPC } from '@trpc/server';
import { z } from 'zod';

const t = initTRPC.context<{ user: { id: string } }>().create();
const messaging = createMessaging({
  content: {
    text: z.object({ text: z.string() }),
    order: z.object({ orderId: z.string(), note: z.string().optional() }),
  },
  storage: memoryStorage(),
});
export const appRouter = t.router({
  chat: messaging.procedures(t.procedure, { userId: (ctx) => ctx.user.id }),
});
export type AppRouter = typeof appRouter;

export const server = createServer();
messaging.attach(server, {
  router: appRouter,
  createContext: ({ info }) => ({ user: { id: info.connectionParams?.['token'] ?? '' } }),
});
