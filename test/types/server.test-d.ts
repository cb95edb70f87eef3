import type {
  CommandResult,
  EditedContent,
  Event,
  FeedItem,
  Message,
  MessageSent,
  Quote,
  Receipt,
  Register,
} from '@tidemark/core';
import { createMessaging } from '@tidemark/server';
import { memoryStorage } from '@tidemark/storage-memory';
import { createTRPCClient, httpLink } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import superjson from 'superjson';
import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';

const content = {
  text: z.object({ text: z.string() }),
  order: z.object({ orderId: z.string(), total: z.number().default(0) }),
};

interface Context {
  user: { id: string };
  requestId: number;
}

const t = initTRPC.context<Partial<Context>>().create({ transformer: superjson });
const authed = t.procedure.use(({ next }) => next({ ctx: { user: { id: 'alice' } } }));
const messaging = createMessaging({ content, storage: memoryStorage() });
const appRouter = t.router({
  chat: messaging.procedures(authed, {
    userId: (ctx) => {
      expectTypeOf(ctx.user).toEqualTypeOf<{ id: string }>();
      expectTypeOf(ctx.requestId).toEqualTypeOf<number | undefined>();
      return ctx.user.id;
    },
  }),
  own: t.procedure.query(() => 1),
});
type AppRouter = typeof appRouter;

const trpc = createTRPCClient<AppRouter>({ links: [httpLink({ url: '', transformer: superjson })] });
const ids = { conversationId: 'd:alice,bob', clientMessageId: 'm' };

type Kinds = { text: { text: string }; order: { orderId: string; total: number } };

describe('what a front end sees through `type AppRouter`', () => {
  test('send takes the union of the content kinds as senders write them', () => {
    const { mutate } = trpc.chat.send;
    expectTypeOf(mutate).returns.resolves.toEqualTypeOf<Receipt>();
    void (() => mutate({ ...ids, type: 'text', content: { text: 'x' } }));
    void (() => mutate({ ...ids, type: 'order', content: { orderId: 'A', total: 1 } }));
    void (() => mutate({ ...ids, type: 'order', content: { orderId: 'A' } }));
    // @ts-expect-error there is no such kind
    void (() => mutate({ ...ids, type: 'sticker', content: { text: 'x' } }));
    // @ts-expect-error the content of another kind
    void (() => mutate({ ...ids, type: 'text', content: { orderId: 'A', total: 1 } }));
    // @ts-expect-error a field of the wrong type
    void (() => mutate({ ...ids, type: 'order', content: { orderId: 'A', total: '1' } }));
    // @ts-expect-error a missing field
    void (() => mutate({ ...ids, type: 'order', content: { total: 1 } }));
    // @ts-expect-error a field too many
    void (() => mutate({ ...ids, type: 'text', content: { text: 'x', bold: true } }));
    void (() => mutate({ ...ids, type: 'text', content: { text: 'x' }, retry: 1 }));
    void (() => mutate({ ...ids, type: 'text', content: { text: 'x' }, replyTo: { seq: 2 } }));
    const byId = { senderId: 'alice', clientMessageId: 'm' };
    void (() => mutate({ ...ids, type: 'text', content: { text: 'x' }, replyTo: byId }));
    // @ts-expect-error half an id
    void (() => mutate({ ...ids, type: 'text', content: { text: 'x' }, replyTo: { senderId: 'alice' } }));
    // @ts-expect-error a place is an object, as in edits
    void (() => mutate({ ...ids, type: 'text', content: { text: 'x' }, replyTo: 2 }));
    // @ts-expect-error no clientMessageId
    void (() => mutate({ conversationId: 'd:alice,bob', type: 'text', content: { text: 'x' } }));
  });

  test('edit takes the same union, and the message by its place or by its id', () => {
    const { mutate } = trpc.chat.edit;
    expectTypeOf(mutate).returns.resolves.toEqualTypeOf<CommandResult>();
    const byId = { senderId: 'alice', clientMessageId: 'm' };
    const { conversationId } = ids;
    void (() => mutate({ conversationId, target: byId, type: 'text', content: { text: 'x' } }));
    void (() =>
      mutate({ conversationId, target: { seq: 2 }, expectedVersion: 1, type: 'order', content: { orderId: 'A' } }));
    // @ts-expect-error the content of another kind
    void (() => mutate({ conversationId, target: byId, type: 'text', content: { orderId: 'A' } }));
    // @ts-expect-error half an id
    void (() => mutate({ conversationId, target: { senderId: 'alice' }, type: 'text', content: { text: 'x' } }));
    type Versions = Awaited<ReturnType<typeof trpc.chat.conversations.versions.query>>['versions'];
    expectTypeOf<Versions[number]>().toEqualTypeOf<EditedContent<Kinds>>();
  });

  test('a page says of each register what it holds, by its name', () => {
    type Page = Awaited<ReturnType<typeof trpc.chat.conversations.history.query>>;
    expectTypeOf<Page['registers'][number]>().toEqualTypeOf<Register<Kinds>>();
    const narrow = (register: Register<Kinds>) => {
      if (register.name !== 'content') return;
      expectTypeOf(register.value).toEqualTypeOf<EditedContent<Kinds> | null>();
      // @ts-expect-error no such kind to compare with
      if (register.value?.message.type === 'sticker') return;
    };
    expectTypeOf(narrow).toBeFunction();
    // @ts-expect-error no such register
    const wrong = (register: Register<Kinds>) => register.name === 'sticker';
    void wrong;
  });

  test('a page has the messages that its messages reply to, each with its content or null', () => {
    type Page = Awaited<ReturnType<typeof trpc.chat.conversations.history.query>>;
    expectTypeOf<Page['quotes'][number]>().toEqualTypeOf<Quote<Kinds>>();
    const narrow = ({ message }: Quote<Kinds>) => {
      if (message?.type === 'order') expectTypeOf(message.content).toEqualTypeOf<{ orderId: string; total: number }>();
      // @ts-expect-error one that is too large has none
      return message.content;
    };
    expectTypeOf(narrow).toBeFunction();
  });

  test('messages and events are discriminated unions over the kinds as they are stored', () => {
    type Page = Awaited<ReturnType<typeof trpc.chat.conversations.history.query>>;
    expectTypeOf<Page['events'][number]>().toEqualTypeOf<Event<Kinds>>();
    const narrow = (event: Event<Kinds>) => {
      if (event.type !== 'message.sent') return;
      expectTypeOf(event).toEqualTypeOf<MessageSent<Kinds>>();
      if (event.message.type === 'order')
        expectTypeOf(event.message.content).toEqualTypeOf<{ orderId: string; total: number }>();
      // @ts-expect-error no such kind to compare with
      if (event.message.type === 'sticker') return;
    };
    expectTypeOf(narrow).toBeFunction();
    type Last = Awaited<ReturnType<typeof trpc.chat.conversations.get.query>>['lastMessage'];
    expectTypeOf<Last>().toEqualTypeOf<Message<Kinds> | null>();
  });

  test('feed items are typed, with the cursor as their id', () => {
    const onData = (item: { id: string; data: FeedItem<Kinds> }) => item.id;
    void (() => trpc.chat.inbox.feed.subscribe({}, { onData }));
    void (() =>
      trpc.chat.inbox.feed.subscribe(
        { cursor: null },
        { onData: (item) => expectTypeOf(item).toEqualTypeOf<{ id: string; data: FeedItem<Kinds> }>() },
      ));
    // @ts-expect-error a cursor is a string
    void (() => trpc.chat.inbox.feed.subscribe({ cursor: 7 }, { onData }));
  });

  test("the application's own procedures are untouched, and absent ones are errors", () => {
    expectTypeOf(trpc.own.query).returns.resolves.toEqualTypeOf<number>();
    // @ts-expect-error no such procedure
    void trpc.chat.erase;
  });
});

describe('what a backend is held to', () => {
  test('content schemas must give JSON objects', () => {
    const storage = memoryStorage();
    // @ts-expect-error a Date is not JSON
    void (() => createMessaging({ storage, content: { event: z.object({ at: z.date() }) } }));
    // @ts-expect-error not an object
    void (() => createMessaging({ storage, content: { text: z.string() } }));
    // @ts-expect-error not a schema
    void (() => createMessaging({ storage, content: { text: { text: 'string' } } }));
  });

  test('userId must give a string, from the context of the given base procedure', () => {
    // @ts-expect-error a number is not a user id
    void (() => messaging.procedures(authed, { userId: () => 7 }));
    // @ts-expect-error the context has no such field
    void (() => messaging.procedures(authed, { userId: (ctx) => ctx.session.userId }));
    // @ts-expect-error on the plain procedure the user may be absent
    void (() => messaging.procedures(t.procedure, { userId: (ctx) => ctx.user.id }));
  });

  test('events of the server are typed by name', () => {
    messaging.on('committed', (payload) => expectTypeOf(payload.rows).toEqualTypeOf<number>());
    // @ts-expect-error no such event
    void (() => messaging.on('comitted', () => {}));
  });

  test('the application sends in the name of a user, typed like a client', () => {
    const { send, conversations, inbox } = messaging;
    const bot = { as: 'bot', conversationId: 'd:alice,bot' };
    expectTypeOf(send).returns.resolves.toEqualTypeOf<Receipt>();
    void (() => send({ ...bot, type: 'order', content: { orderId: 'A' } }));
    void (() => send({ ...bot, clientMessageId: 'A-17', type: 'text', content: { text: 'x' } }));
    void (() => conversations.createGroup({ as: 'bot', memberIds: [] }));
    void (() => conversations.list({ as: 'alice', limit: 5 }));
    void (() => inbox.head({ as: 'alice' }));
    void (() => messaging.broadcast(['alice'], { id: 'n', as: 'bot', type: 'text', content: { text: 'x' } }));
    void (() => send({ as: 'bot', to: 'alice', replyTo: { seq: 3 }, type: 'text', content: { text: 'x' } }));
    void (() => send({ ...bot, privileged: true, type: 'text', content: { text: 'x' } }));
    void (() => messaging.revoke({ ...bot, privileged: true, targets: [{ seq: 3 }] }));
    void (() => conversations.addMembers({ ...bot, privileged: true, memberIds: ['carol'] }));
    // @ts-expect-error both a conversation and a user
    void (() => send({ ...bot, to: 'alice', type: 'text', content: { text: 'x' } }));
    // @ts-expect-error neither a conversation nor a user
    void (() => send({ as: 'bot', type: 'text', content: { text: 'x' } }));
    // @ts-expect-error a privilege is given, or it is not
    void (() => send({ ...bot, privileged: false, type: 'text', content: { text: 'x' } }));
    // @ts-expect-error a privilege is for what is done, and not for what is read
    void (() => conversations.get({ ...bot, privileged: true }));
    // @ts-expect-error nobody is named
    void (() => send({ conversationId: 'd:alice,bot', type: 'text', content: { text: 'x' } }));
    // @ts-expect-error there is no such kind
    void (() => send({ ...bot, type: 'sticker', content: { text: 'x' } }));
    // @ts-expect-error the content of another kind
    void (() => messaging.broadcast(['alice'], { id: 'n', as: 'bot', type: 'text', content: { orderId: 'A' } }));
    // @ts-expect-error feeds are for sockets
    void (() => inbox.feed({ as: 'alice' }));
  });

  test('hooks see content as stored, and replace it by content as senders write it', () => {
    const storage = memoryStorage();
    const hooks = (given: NonNullable<Parameters<typeof createMessaging<typeof content>>[0]['hooks']>) => given;
    void (() => createMessaging({ content, storage, hooks: { beforeSend: () => undefined } }));
    hooks({
      beforeSend: ({ message }) => {
        if (message.type !== 'order') return undefined;
        expectTypeOf(message.content).toEqualTypeOf<{ orderId: string; total: number }>();
        return { replace: { type: 'order', content: { orderId: 'B' } } };
      },
      beforeAddMembers: ({ memberIds }) => ({ replace: { memberIds: memberIds.slice(1) } }),
      beforeMarkRead: () => ({ refuse: 'no', reason: 'private' }),
    });
    // @ts-expect-error the content of another kind
    hooks({ beforeSend: () => ({ replace: { type: 'text', content: { orderId: 'B' } } }) });
    // @ts-expect-error a read mark is accepted or refused
    hooks({ beforeMarkRead: () => ({ replace: { readSeq: 1 } }) });
    // @ts-expect-error no such hook
    hooks({ beforeSent: () => undefined });
  });

  test('both stores, or one storage', () => {
    const { history, inbox } = memoryStorage();
    void (() => createMessaging({ content, storage: { history, inbox } }));
    // @ts-expect-error no inbox
    void (() => createMessaging({ content, storage: { history } }));
  });
});

test('attach takes the servers of Node and of frameworks, and nothing without upgrades', () => {
  type Taken = Parameters<typeof messaging.attach>[0];
  expectTypeOf<import('node:http').Server>().toExtend<Taken>();
  expectTypeOf<import('node:https').Server>().toExtend<Taken>();
  expectTypeOf<import('node:http2').Http2SecureServer>().toExtend<Taken>();
  expectTypeOf<ReturnType<import('express').Express['listen']>>().toExtend<Taken>();
  expectTypeOf<import('fastify').FastifyInstance['server']>().toExtend<Taken>();
  expectTypeOf<import('@hono/node-server').ServerType>().toExtend<Taken>();
  expectTypeOf<null>().toExtend<Taken>();
  expectTypeOf<import('express').Express>().not.toExtend<Taken>();
  expectTypeOf<undefined>().not.toExtend<Taken>();
});
