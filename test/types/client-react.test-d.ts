import { type ClientOf, createClient } from '@tidemark/client';
import { attachmentUpload } from '@tidemark/client/attachments';
import { createChatHooks } from '@tidemark/client/react';
import { quotesOf } from '@tidemark/client/replies';
import type { UnknownContent } from '@tidemark/core';
import { createMessaging } from '@tidemark/server';
import { memoryStorage } from '@tidemark/storage-memory';
import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import superjson from 'superjson';
import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';

const content = {
  text: z.object({ text: z.string() }),
  order: z.object({ orderId: z.string(), total: z.number().default(0) }),
};
const t = initTRPC.context<{ user: { id: string } }>().create({ transformer: superjson });
const messaging = createMessaging({ content, storage: memoryStorage() });
const appRouter = t.router({ chat: messaging.procedures(t.procedure, { userId: (ctx) => ctx.user.id }) });
type AppRouter = typeof appRouter;

const trpc = createTRPCClient<AppRouter>({ links: [httpLink({ url: '', transformer: superjson })] });
const chat = createClient({ trpc: trpc.chat, userId: 'alice', contentTypes: ['text', 'order'] });

const hooks = createChatHooks<typeof chat>();

describe('the hooks of a client', () => {
  test('are typed by `type AppRouter` alone, with or without a client at hand', () => {
    const byRouter = createChatHooks<ClientOf<TRPCClient<AppRouter>['chat']>>();
    expectTypeOf(byRouter).toEqualTypeOf(hooks);
    expectTypeOf(hooks.useChat).returns.toEqualTypeOf(chat);
  });

  test('give messages whose content is narrowed by their kind', () => {
    const { items, hasOlder, loadAround } = hooks.useMessages('d:alice,bob');
    expectTypeOf(items[0]).not.toBeAny();
    type Item = (typeof items)[number];
    expectTypeOf<Item['type']>().toEqualTypeOf<'text' | 'order' | 'unknown'>();
    expectTypeOf<Extract<Item, { type: 'text' }>['content']>().toEqualTypeOf<{ text: string }>();
    expectTypeOf<Extract<Item, { status: 'stored'; type: 'order' }>['content']>().toEqualTypeOf<{
      orderId: string;
      total: number;
    }>();
    // A draft is as its sender wrote it: the schema's default is not filled in yet.
    expectTypeOf<Exclude<Extract<Item, { type: 'order' }>, { status: 'stored' }>['content']>().toEqualTypeOf<{
      orderId: string;
      total?: number | undefined;
    }>();
    expectTypeOf<Extract<Item, { type: 'unknown' }>['content']>().toEqualTypeOf<UnknownContent['content']>();
    expectTypeOf(hasOlder).toBeBoolean();
    expectTypeOf(loadAround).parameters.toEqualTypeOf<[conversationSeq: number]>();
  });

  test('send what the router takes and nothing else', () => {
    const { send, item } = hooks.useConversation('d:alice,bob');
    void (() => send({ type: 'order', content: { orderId: 'A-17' } }));
    // @ts-expect-error there is no such kind
    void (() => send({ type: 'sticker', content: { text: 'x' } }));
    // @ts-expect-error the content of another kind
    void (() => send({ type: 'text', content: { orderId: 'A-17' } }));
    // @ts-expect-error a field of the wrong type
    void (() => send({ type: 'order', content: { orderId: 17 } }));
    const last = item?.lastMessage;
    if (last?.type === 'text') {
      expectTypeOf(last.content).toEqualTypeOf<{ text: string }>();
      // @ts-expect-error a text has no orderId
      void last.content.orderId;
    }
    expectTypeOf(hooks.useConversations()[0]?.unread).toEqualTypeOf<number | undefined>();
    expectTypeOf(hooks.useUnread).returns.toBeNumber();
  });

  test('take an id, and options that exist', () => {
    void (() => hooks.useMessages('d:alice,bob', { suspense: true }));
    // @ts-expect-error an id is a string
    void (() => hooks.useMessages(7));
    // @ts-expect-error no such option
    void (() => hooks.useMessages('d:alice,bob', { pageSize: 7 }));
  });

  test('say how much a catch-up still lacks, and only then', () => {
    const connection = hooks.useConnection();
    if (connection.state === 'catching-up') expectTypeOf(connection.missing).toEqualTypeOf<number | null>();
    // @ts-expect-error a live connection lacks nothing
    if (connection.state === 'live') void connection.missing;
  });

  test('take what the attachments of the client take, and no others', () => {
    const attachments = {
      upload: attachmentUpload(async (source: { blob: string }) => ({ url: source.blob })),
      complete: (message: Parameters<ReturnType<typeof chat.direct>['send']>[0]) => message,
    };
    const withFiles = createClient({ trpc: trpc.chat, userId: 'alice', contentTypes: ['text'], attachments });
    const { useConversation, ChatProvider } = createChatHooks<typeof withFiles>();
    const message = { type: 'text', content: { text: 'us' } } as const;
    void (() => useConversation('d:alice,bob').send(message, { attachments: [{ blob: 'b-1' }] }));
    void (() => ChatProvider({ client: withFiles }));
    // @ts-expect-error not a source of `upload`
    void (() => useConversation('d:alice,bob').send(message, { attachments: [{ file: 'b-1' }] }));
    // @ts-expect-error this client uploads nothing
    void (() => hooks.useConversation('d:alice,bob').send(message, { attachments: [{ blob: 'b-1' }] }));
    type ByRouter = ClientOf<TRPCClient<AppRouter>['chat'], { blob: string }>;
    expectTypeOf(createChatHooks<ByRouter>().useChat).returns.toEqualTypeOf(withFiles);
  });

  test('refuse what is not a client, and the provider a client of other kinds', () => {
    // @ts-expect-error a client is asked for
    createChatHooks<string>();
    // @ts-expect-error the router is not the client
    createChatHooks<typeof trpc.chat>();
    const other = createMessaging({ content: { text: content.text }, storage: memoryStorage() });
    const otherRouter = t.router({ chat: other.procedures(t.procedure, { userId: (ctx) => ctx.user.id }) });
    type Other = ClientOf<TRPCClient<typeof otherRouter>['chat']>;
    const client = chat as unknown as Other;
    // @ts-expect-error it knows no orders
    void (() => hooks.ChatProvider({ client }));
    void (() => hooks.ChatProvider({ client: chat }));
  });
});

describe('replies', () => {
  const conversation = chat.conversation('d:alice,bob');
  const message = { type: 'text', content: { text: 'x' } } as const;

  test('name an item of any status, a receipt, or ids', () => {
    const [item] = conversation.messages.getSnapshot().items;
    if (item) void (() => conversation.send(message, { replyTo: item }));
    void (async () => conversation.send(message, { replyTo: await conversation.send(message).receipt }));
    void (() => conversation.send(message, { replyTo: { senderId: 'alice', clientMessageId: 'm' } }));
    // @ts-expect-error half an id
    void (() => conversation.send(message, { replyTo: { senderId: 'alice' } }));
    // @ts-expect-error a place alone: a client names messages by their ids
    void (() => conversation.send(message, { replyTo: { seq: 2 } }));
  });

  test('have quotes whose content is narrowed by their kind, and may be absent', () => {
    const quote = quotesOf(conversation).getSnapshot().get('key');
    expectTypeOf(quote?.message?.type).toEqualTypeOf<'text' | 'order' | 'unknown' | undefined>();
    if (quote?.message?.type === 'order') {
      expectTypeOf(quote.message.content).toEqualTypeOf<{ orderId: string; total: number }>();
    }
    // @ts-expect-error it may be too large, not here, or not to be seen
    void quote?.message.content;
    // @ts-expect-error of a conversation, not of its messages
    void (() => quotesOf(conversation.messages));
  });
});
