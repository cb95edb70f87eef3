import type { Messaging } from '@tidemark/server';
import { initTRPC } from '@trpc/server';
import type { Kinds } from './content.ts';
import type { People } from './people.ts';

export interface Context {
  readonly user: { readonly id: string };
}

/** For networks that block WebSocket: a stream over HTTP that died silently is noticed by its missing pings. */
const sse = { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 25_000 } };

const t = initTRPC.context<Context>().create({ sse });

/** The application's own procedures, with messaging's under `chat`. */
export function createAppRouter(messaging: Messaging<Kinds, Kinds>, people: People) {
  return t.router({
    people: t.procedure.query(() => people.list()),
    chat: messaging.procedures(t.procedure, { userId: (ctx) => ctx.user.id }),
  });
}

/** All that the page knows of the server, and only as a type. */
export type AppRouter = ReturnType<typeof createAppRouter>;

/** Calls the procedures in this process, as one of its users. */
export function createAppCaller(router: AppRouter) {
  const create = t.createCallerFactory(router);
  return (userId: string) => create({ user: { id: userId } });
}
