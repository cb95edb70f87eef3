import type { Storage } from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { initTRPC } from '@trpc/server';
import { z } from 'zod';
import { createMessaging } from '../../src/create-messaging.ts';
import type { MessagingOptions } from '../../src/options.ts';

const content = { text: z.object({ text: z.string() }) };

/** Messaging in one process, and the procedures as server-side callers see them. */
export function openMessaging(options: Partial<Omit<MessagingOptions<typeof content>, 'content'>> = {}) {
  const storage = (options.storage ?? memoryStorage()) as Storage;
  const messaging = createMessaging({ content, ...options, storage });
  const t = initTRPC.context<{ user: unknown }>().create();
  const router = t.router(messaging.procedures(t.procedure, { userId: (ctx) => ctx.user as string }));
  const createCaller = t.createCallerFactory(router);
  return {
    messaging,
    storage,
    router,
    /** The procedures, called by `user`. */
    as: (user: unknown, signal?: AbortSignal) => createCaller({ user }, signal ? { signal } : {}),
    async [Symbol.asyncDispose]() {
      await messaging.close();
    },
  };
}

/** How a procedure failed: its tRPC code and the text that clients read. */
export async function failureOf(call: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await call;
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return { code, message };
  }
  throw new Error('the call succeeded');
}
