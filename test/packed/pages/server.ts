import { createServer } from 'node:http';
import { initTRPC } from '@trpc/server';
import type { CreateWSSContextFnOptions } from '@trpc/server/adapters/ws';
import { userOf } from './identity.ts';
import { messaging } from './messaging.ts';

export { messaging };

export const t = initTRPC.context<{ user: { id: string } }>().create();
export const appRouter = t.router({
  chat: messaging.procedures(t.procedure, { userId: (ctx) => ctx.user.id }),
});
export type AppRouter = typeof appRouter;

export const httpServer = createServer();
export const createContext = ({ info }: CreateWSSContextFnOptions) => userOf(info.connectionParams?.['token']);
