import type { Storage } from '@tidemark/core';
import { type Backplane, createMessaging } from '@tidemark/server';
import { initTRPC } from '@trpc/server';
import { z } from 'zod';

/** Messaging in this process, called without sockets. */
export interface OwnMessaging extends AsyncDisposable {
  /** Resolves with the message's conversationSeq when it is stored. */
  send(userId: string, conversationId: string, clientMessageId: string, text: string): Promise<number>;
}

export async function openOwnMessaging(storage: Storage, backplane: Backplane): Promise<OwnMessaging> {
  const t = initTRPC.context<{ user: string }>().create();
  const messaging = createMessaging({
    content: { text: z.object({ text: z.string() }) },
    storage,
    backplane,
    limits: { callsPerSecond: 1e9, callBurst: 1e9, conversationsPerHour: 1e9, invitationsPerHour: 1e9 },
  });
  const router = t.router({ chat: messaging.procedures(t.procedure, { userId: (ctx) => ctx.user }) });
  const callerOf = t.createCallerFactory(router);
  await messaging.ready();
  return {
    send: async (userId, conversationId, clientMessageId, text) => {
      const caller = callerOf({ user: userId });
      const receipt = await caller.chat.send({ conversationId, clientMessageId, type: 'text', content: { text } });
      return receipt.conversationSeq;
    },
    [Symbol.asyncDispose]: () => messaging.close(),
  };
}
