import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMessaging } from '@tidemark/server';
import { initTRPC, TRPCError } from '@trpc/server';
import { z } from 'zod';
import { openServices, type Services } from './storage.ts';

const t = initTRPC.context<{ user: { id: string } }>().create();

function build(services: ReturnType<typeof openServices>) {
  const messaging = createMessaging({
    content: {
      text: z.object({ text: z.string().min(1).max(8000) }),
      order: z.object({ orderId: z.string(), total: z.number() }),
    },
    storage: services.storage,
    redis: services.redis,
  });
  const router = t.router({ chat: messaging.procedures(t.procedure, { userId: (ctx) => ctx.user.id }) });
  return { messaging, router };
}

/** All that the front end imports, and only as a type. */
export type AppRouter = ReturnType<typeof build>['router'];

export async function startBackend(options: Services) {
  const services = openServices(options);
  const { messaging, router } = build(services);
  await messaging.ready();
  const server: Server = createServer();
  messaging.attach(server, {
    router,
    // A demonstration: the token is the name. An application checks a signed token here.
    createContext: ({ info }) => {
      const id = info.connectionParams?.['token'];
      if (!id) throw new TRPCError({ code: 'UNAUTHORIZED' });
      return { user: { id } };
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/trpc`,
    name: services.name,
    close: async () => {
      await messaging.close();
      await new Promise((resolve) => server.close(resolve));
      await services.close();
    },
  };
}
