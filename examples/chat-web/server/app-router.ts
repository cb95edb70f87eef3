import type { Messaging } from '@tidemark/server';
import { initTRPC, TRPCError } from '@trpc/server';
import type { Kinds } from './content.ts';
import type { LimitReports } from './limit-reports.ts';
import { DEFAULT_CHAT_LIMITS, LimitReached } from './limits.ts';
import type { People } from './people.ts';
import { type Rate, TokenBuckets } from './token-buckets.ts';

export interface Context {
  readonly user: { readonly id: string };
}

/** For networks that block WebSocket: a stream over HTTP that died silently is noticed by its missing pings. */
const sse = { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 25_000 } };

// Not a development server, whatever NODE_ENV says: errors carry no stack.
const t = initTRPC.context<Context>().create({ sse, isDev: false });

/** The application's own procedures, with messaging's under `chat`. */
export function createAppRouter(
  messaging: Messaging<Kinds, Kinds>,
  people: Pick<People, 'list'>,
  ownCalls: Rate = DEFAULT_CHAT_LIMITS.ownCalls,
  reports?: LimitReports,
) {
  const rate = new TokenBuckets(ownCalls);
  const own = t.procedure.use(({ ctx, next }) => {
    if (rate.take(ctx.user.id) === 0) return next();
    reports?.reached('ownCalls', { userId: ctx.user.id });
    const { message } = new LimitReached('ownCalls', 'Too many calls. Try again in a moment');
    throw new TRPCError({ code: 'TOO_MANY_REQUESTS', message });
  });
  return t.router({
    people: own.query(() => people.list()),
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
