import { createServer } from 'node:http';
import { createMessaging } from '@tidemark/server';
import { memoryStorage } from '@tidemark/storage-memory';
import { initTRPC } from '@trpc/server';
import type { CreateWSSContextFnOptions } from '@trpc/server/adapters/ws';
import { content } from './content.ts';
import { userOf } from './identity.ts';

const t = initTRPC.context<{ user: { id: string } }>().create();
export const messaging = createMessaging({ content, storage: memoryStorage() });
export const appRouter = t.router({
  chat: messaging.procedures(t.procedure, { userId: (ctx) => ctx.user.id }),
});
export type AppRouter = typeof appRouter;

export const httpServer = createServer();
export const createContext = ({ info }: CreateWSSContextFnOptions) => userOf(info.connectionParams?.['token']);
