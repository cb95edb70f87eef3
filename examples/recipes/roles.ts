import type { Storage } from '@tidemark/core';
import { createMessaging } from '@tidemark/server';
import { initTRPC, TRPCError } from '@trpc/server';
import { z } from 'zod';

export interface User {
  readonly id: string;
  readonly role: 'guest' | 'member' | 'suspended';
}

/** Roles of your own: a middleware says who may call at all, `authorize` who may do what. */
export function createApp(storage: Storage, roleOf: (userId: string) => Promise<User['role']>) {
  const t = initTRPC.context<{ user: User | null }>().create();
  // Asked for each call, and before its input is read.
  const allowed = t.procedure.use(({ ctx, next }) => {
    if (!ctx.user) throw new TRPCError({ code: 'UNAUTHORIZED' });
    if (ctx.user.role === 'suspended') throw new TRPCError({ code: 'FORBIDDEN', message: 'your account is suspended' });
    return next({ ctx: { user: ctx.user } });
  });
  const messaging = createMessaging({
    content: { text: z.object({ text: z.string() }) },
    storage,
    // Asked for each command. The role is looked up anew: a socket may be older than what somebody may do.
    authorize: async (actor, command) => {
      if (command.type === 'read.mark') return true;
      return (await roleOf(actor)) === 'member' || { refuse: 'guests may read, and not write' };
    },
  });
  const router = t.router({ chat: messaging.procedures(allowed, { userId: (ctx) => ctx.user.id }) });
  return { messaging, router };
}
