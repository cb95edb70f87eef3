import { createMessaging, type Report } from '@tidemark/server';
import { memoryStorage } from '@tidemark/storage-memory';
import { createTRPCClient, httpLink } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import { expectTypeOf, test } from 'vitest';
import { z } from 'zod';

const content = {
  text: z.object({ text: z.string() }),
  order: z.object({ orderId: z.string(), total: z.number().default(0) }),
};
type Kinds = { text: { text: string }; order: { orderId: string; total: number } };

const storage = memoryStorage();
const messaging = createMessaging({ content, storage });
const t = initTRPC.create();
const appRouter = t.router({ chat: messaging.procedures(t.procedure, { userId: () => 'alice' }) });
const trpc = createTRPCClient<typeof appRouter>({ links: [httpLink({ url: '' })] });

const given = { conversationId: 'd:alice,bob', seq: 2, reason: 'spam' };

test('a report names a message and a reason, and perhaps a text', () => {
  const { mutate } = trpc.chat.report;
  expectTypeOf(mutate).returns.resolves.toEqualTypeOf<{ at: number }>();
  void (() => mutate(given));
  void (() => mutate({ ...given, text: 'Not again.' }));
  // @ts-expect-error no reason
  void (() => mutate({ conversationId: 'd:alice,bob', seq: 2 }));
  // @ts-expect-error the reporter cannot say what the message said
  void (() => mutate({ ...given, message: { type: 'text', content: { text: 'x' } } }));
  void (() => messaging.report({ as: 'bob', ...given }));
  // @ts-expect-error in nobody's name
  void (() => messaging.report(given));
});

test('the application sees the message typed by its kinds, as it is stored', () => {
  const onReport = ({ message }: Report<Kinds>) => {
    if (message.type === 'order') expectTypeOf(message.content).toEqualTypeOf<{ orderId: string; total: number }>();
    // @ts-expect-error not every kind has a text
    void message.content.text;
  };
  void (() => createMessaging({ content, storage, onReport }));
  void (() => createMessaging({ content, storage, onReport: async ({ text }) => void text?.length }));
  // @ts-expect-error a report is taken or fails: there is no answer to it
  void (() => createMessaging({ content, storage, onReport: () => ({ refuse: 'no' }) }));
  // @ts-expect-error no such kind
  void (() => createMessaging({ content, storage, onReport: ({ message }) => message.type === 'sticker' }));
});
