import type { Messaging } from '@tidemark/server';
import { initTRPC, TRPCError } from '@trpc/server';
import superjson from 'superjson';
import { z } from 'zod';
import type { User } from './identity.ts';

// ── What the application had before: its context, its transformer, its procedures ────────────────────────────────────
export interface Context {
  readonly user: User | undefined;
}

/** A stream over HTTP whose client vanished is noticed by the pings that it does not take, and its client by those that are missing. */
const sse = { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 25_000 } };

const t = initTRPC.context<Context>().create({ transformer: superjson, sse });

const authedProcedure = t.procedure.use(({ ctx, next }) => {
  if (!ctx.user) throw new TRPCError({ code: 'UNAUTHORIZED' });
  return next({ ctx: { user: ctx.user } });
});

const orders = t.router({
  place: authedProcedure
    .input(z.object({ item: z.string(), total: z.number().positive() }))
    .mutation(({ input }) => ({ orderId: `A-${input.item.length}`, total: input.total, placedAt: new Date() })),
});

// ── What it adds: content kinds, and one line in its router ──────────────────────────────────────────────────────────
export const content = {
  text: z.object({ text: z.string().min(1).max(8000) }),
  order: z.object({ orderId: z.string(), total: z.number() }),
};

type Kinds = { [Kind in keyof typeof content]: z.infer<(typeof content)[Kind]> };

export function createAppRouter(messaging: Messaging<Kinds, Kinds>) {
  return t.router({
    orders,
    chat: messaging.procedures(authedProcedure, { userId: (ctx) => ctx.user.id }),
  });
}

export type AppRouter = ReturnType<typeof createAppRouter>;
