import { connect } from '@tidemark/client';
import { type FileRef, standardContent } from '@tidemark/content';
import { createMessaging } from '@tidemark/server';
import { memoryStorage } from '@tidemark/storage-memory';
import { initTRPC } from '@trpc/server';
import superjson from 'superjson';
import { expectTypeOf, test } from 'vitest';
import { z } from 'zod';

const order = z.object({ orderId: z.string() });
const t = initTRPC.context<{ user: { id: string } }>().create({ transformer: superjson });
const messaging = createMessaging({ content: { ...standardContent, order }, storage: memoryStorage() });
const appRouter = t.router({ chat: messaging.procedures(t.procedure, { userId: ({ user }) => user.id }) });
type AppRouter = typeof appRouter;

const alice = connect<AppRouter>({
  url: 'wss://example.com/trpc',
  transformer: superjson,
  token: 'a token',
  router: 'chat',
  userId: 'alice',
  contentTypes: ['text', 'image', 'video', 'voice', 'file', 'location', 'card', 'forwarded', 'order'],
});
declare const file: FileRef;

test('standard kinds are typed on the client beside those of the application, by the router’s type alone', () => {
  const { send, messages } = alice.direct('bob');
  send({ type: 'image', content: { file, caption: 'the lamp' } });
  send({ type: 'order', content: { orderId: 'A-17' } });
  // @ts-expect-error a voice message has a duration
  send({ type: 'voice', content: { file } });
  // @ts-expect-error a file has no URL
  send({ type: 'file', content: { file: { ...file, url: 'https://example.com' } } });
  // @ts-expect-error no such entity
  send({ type: 'text', content: { text: 'x', entities: [{ type: 'blink', offset: 0, length: 1 }] } });
  for (const item of messages.getSnapshot().items) {
    if (item.status !== 'stored' || item.type !== 'voice') continue;
    expectTypeOf(item.content.durationMs).toEqualTypeOf<number>();
    expectTypeOf(item.content.file.ref).toEqualTypeOf<string>();
  }
});
