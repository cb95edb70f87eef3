import {
  type ClientOf,
  type ConnectedClientOf,
  type ConnectOptions,
  connect,
  type LiveOptions,
} from '@tidemark/client';
import { attachmentUpload } from '@tidemark/client/attachments';
import { nextMention } from '@tidemark/client/mentions';
import { createChatHooks, useChatClient } from '@tidemark/client/react';
import type { ConversationSeq, ConversationSettings } from '@tidemark/core';
import { createMessaging } from '@tidemark/server';
import { memoryStorage } from '@tidemark/storage-memory';
import type { TRPCClient } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import superjson from 'superjson';
import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';

const text = z.object({ text: z.string() });
const order = z.object({ orderId: z.string(), total: z.number().default(0) });
const t = initTRPC.context<{ user: { id: string } }>().create({ transformer: superjson });
const userId = (ctx: { user: { id: string } }) => ctx.user.id;
const chat = createMessaging({ content: { text, order }, storage: memoryStorage() });
const support = createMessaging({ content: { text }, storage: memoryStorage() });
const own = t.router({ hello: t.procedure.query(() => 1) });
const appRouter = t.router({ chat: chat.procedures(t.procedure, { userId }), own, hello: own.hello });
const twoRouter = t.router({ chat: appRouter.chat, support: support.procedures(t.procedure, { userId }) });
const noRouter = t.router({ own });
type AppRouter = typeof appRouter;
type TwoRouter = typeof twoRouter;
type Chat = ClientOf<TRPCClient<AppRouter>['chat']>;
type ConnectedChat = ConnectedClientOf<TRPCClient<AppRouter>['chat']>;

const options: ConnectOptions<AppRouter> = {
  url: 'wss://example.com/trpc',
  transformer: superjson,
  token: async ({ refresh }) => (refresh ? null : 'a token'),
  router: 'chat',
  userId: 'alice',
  contentTypes: ['text', 'order'],
};

const alice = connect<AppRouter>(options);

describe('connect', () => {
  test('gives the client of the messaging under that key, typed by `type AppRouter` alone', () => {
    expectTypeOf(alice).toEqualTypeOf<ConnectedChat>();
    expectTypeOf(alice).toExtend<Chat>();
    expectTypeOf(alice).not.toBeAny();
    expectTypeOf(alice.live).toEqualTypeOf<(options?: LiveOptions) => Promise<void>>();
    const { send } = alice.direct('bob');
    send({ type: 'order', content: { orderId: 'A-17' } });
    // @ts-expect-error there is no such kind
    send({ type: 'sticker', content: { text: 'x' } });
    // @ts-expect-error the content of another kind
    send({ type: 'text', content: { orderId: 'A-17' } });
  });

  test('mentions users beside the content, and sets how a conversation is seen', () => {
    const conversation = alice.direct('bob');
    const message = { type: 'text', content: { text: '@Bob' } } as const;
    void (() => conversation.send(message, { mentions: { users: ['bob'], all: true } }));
    // @ts-expect-error ids, in a list
    void (() => conversation.send(message, { mentions: { users: 'bob' } }));
    // @ts-expect-error nobody else is named
    void (() => conversation.send(message, { mentions: { everybody: true } }));
    // @ts-expect-error beside the content, not in it
    void (() => conversation.send({ ...message, mentions: { users: ['bob'] } }));
    expectTypeOf(nextMention(conversation)).resolves.toEqualTypeOf<ConversationSeq | null>();
    // @ts-expect-error a conversation of a client
    void (() => nextMention({ conversationId: 'd:alice,bob' }));

    void (() => conversation.setSettings({ pinned: true, mutedUntil: null, notify: 'mentions', remark: 'Bobby' }));
    // @ts-expect-error on or off
    void (() => conversation.setSettings({ pinned: 'yes' }));
    // @ts-expect-error no such level
    void (() => conversation.setSettings({ notify: 'some' }));
    // @ts-expect-error no such setting
    void (() => conversation.setSettings({ colour: 'red' }));
    type Item = NonNullable<ReturnType<typeof conversation.item.getSnapshot>>;
    expectTypeOf<Item['settings']>().toEqualTypeOf<ConversationSettings>();
    expectTypeOf<Item['unreadMentions']>().toEqualTypeOf<number>();
  });

  test('takes the keys of messaging in the router, and no other', () => {
    expectTypeOf<ConnectOptions<AppRouter>['router']>().toEqualTypeOf<'chat'>();
    // @ts-expect-error no such key
    connect<AppRouter>({ ...options, router: 'chats' });
    // @ts-expect-error a router, and no messaging
    connect<AppRouter>({ ...options, router: 'own' });
    // @ts-expect-error a procedure, and no messaging
    connect<AppRouter>({ ...options, router: 'hello' });
    // @ts-expect-error a router without messaging has no key to give
    connect<typeof noRouter>({ ...options, router: 'own' });
    // @ts-expect-error no key
    connect<AppRouter>({ url: 'wss://example.com/trpc', userId: 'alice', contentTypes: ['text'] });
  });

  test('takes the kinds of the router, and no other', () => {
    connect<AppRouter>({ ...options, contentTypes: ['text'] });
    // @ts-expect-error no kind of that name
    connect<AppRouter>({ ...options, contentTypes: ['text', 'sticker'] });
    // @ts-expect-error no kinds
    connect<AppRouter>({ url: 'wss://example.com/trpc', router: 'chat', userId: 'alice' });
  });

  test('takes a token or what gives one, and options that exist', () => {
    connect<AppRouter>({ ...options, token: 'a token' });
    connect<AppRouter>({ ...options, token: () => null });
    // @ts-expect-error a token is a string
    connect<AppRouter>({ ...options, token: 7 });
    // @ts-expect-error what gives one gives a string
    connect<AppRouter>({ ...options, token: async () => 7 });
    // @ts-expect-error no such option
    connect<AppRouter>({ ...options, tokens: 'a token' });
  });

  test('is told the key where there is messaging under several', () => {
    const { attachments: _, ...plain } = options;
    const other = { ...plain, router: 'support', contentTypes: ['text'] } as const;
    const helpdesk = connect<TwoRouter, 'support'>(other);
    expectTypeOf(helpdesk).toEqualTypeOf<ConnectedClientOf<TRPCClient<TwoRouter>['support']>>();
    // @ts-expect-error the kinds of the other
    connect<TwoRouter, 'support'>({ ...other, contentTypes: ['order'] });
    // @ts-expect-error the key of the other
    connect<TwoRouter, 'support'>({ ...other, router: 'chat' });
  });

  test('is told what attachments are', () => {
    const attachments = {
      upload: attachmentUpload(async (source: { blob: string }) => ({ url: source.blob })),
      complete: <M>(message: M) => message,
    };
    const withFiles = connect<AppRouter, 'chat', { blob: string }, { url: string }>({ ...options, attachments });
    const message = { type: 'text', content: { text: 'us' } } as const;
    withFiles.direct('bob').send(message, { attachments: [{ blob: 'b-1' }] });
    // @ts-expect-error not a source of `upload`
    withFiles.direct('bob').send(message, { attachments: [{ file: 'b-1' }] });
    // @ts-expect-error this client uploads nothing
    alice.direct('bob').send(message, { attachments: [{ blob: 'b-1' }] });
  });
});

describe('the hooks of a router', () => {
  test('are those of its client', () => {
    const hooks = createChatHooks<AppRouter, 'chat'>();
    expectTypeOf(hooks).toEqualTypeOf(createChatHooks<Chat>());
    expectTypeOf(hooks.useChat).returns.toEqualTypeOf<Chat>();
    hooks.ChatProvider({ client: alice });
    const helpdesk = createChatHooks<TwoRouter, 'support'>();
    // @ts-expect-error the client of other kinds
    helpdesk.ChatProvider({ client: alice });
    expectTypeOf(createChatHooks<AppRouter, 'chat', { blob: string }>).returns.toEqualTypeOf(
      createChatHooks<ClientOf<TRPCClient<AppRouter>['chat'], { blob: string }>>(),
    );
  });

  test('are of a key that the router has', () => {
    // @ts-expect-error no such key
    createChatHooks<AppRouter, 'chats'>();
    // @ts-expect-error a router, and no messaging
    createChatHooks<AppRouter, 'own'>();
    // @ts-expect-error the router is not a client
    createChatHooks<AppRouter>();
  });

  test('go with a client that lives as long as a component', () => {
    const useAlice = () => useChatClient(() => connect<AppRouter>({ ...options, start: false }), []);
    expectTypeOf(useAlice).returns.toEqualTypeOf<ConnectedChat>();
  });
});
