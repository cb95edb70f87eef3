import { directConversationId, type FeedItem, selfConversationId } from '@tidemark/core';
import { createTRPCClient, httpSubscriptionLink } from '@trpc/client';
import superjson from 'superjson';
import { expect, test } from 'vitest';
import { type App, type AppRouter, connectHttp, connectStock, eventually, startApp } from '../support/app.ts';

const text = (n: number | string) => ({ type: 'text', content: { text: String(n) } }) as const;

async function sendMany(app: App, from: string, conversationId: string, count: number): Promise<void> {
  const { chat } = connectHttp(app.httpUrl, from);
  for (let n = 1; n <= count; n++) {
    await chat.send.mutate({ conversationId, clientMessageId: `${from}-${n}`, ...text(n) });
  }
}

test('sending twice is sending once: same receipt, one message, over either transport', async () => {
  await using app = await startApp();
  await using socket = connectStock(app.wsUrl, 'alice');
  const message = { conversationId: directConversationId('alice', 'bob'), clientMessageId: 'once', ...text('hi') };
  const receipts = await Promise.all([
    socket.trpc.chat.send.mutate(message),
    connectHttp(app.httpUrl, 'alice').chat.send.mutate(message),
    socket.trpc.chat.send.mutate(message),
  ]);
  receipts.push(await socket.trpc.chat.send.mutate({ ...message, content: { text: 'another text, the same id' } }));
  expect(new Set(receipts.map((receipt) => JSON.stringify(receipt))).size).toBe(1);
  const { events } = await socket.trpc.chat.conversations.history.query({ conversationId: message.conversationId });
  expect(events.map((event) => event.type)).toEqual(['message.sent', 'conversation.created']);
});

test('history is paged in both directions by conversationSeq', async () => {
  await using app = await startApp();
  const conversationId = directConversationId('alice', 'bob');
  await sendMany(app, 'alice', conversationId, 11);
  const { history } = connectHttp(app.httpUrl, 'bob').chat.conversations;
  const page = async (query: { after?: number; before?: number; limit?: number }) => {
    const { events, hasMore } = await history.query({ conversationId, ...query });
    return [events.map((event) => event.conversationSeq as number), hasMore];
  };
  expect(await page({ limit: 5 })).toEqual([[12, 11, 10, 9, 8], true]);
  expect(await page({ before: 8, limit: 5 })).toEqual([[7, 6, 5, 4, 3], true]);
  expect(await page({ before: 3, limit: 5 })).toEqual([[2, 1], false]);
  expect(await page({ after: 0, limit: 5 })).toEqual([[1, 2, 3, 4, 5], true]);
  expect(await page({ after: 7, limit: 5 })).toEqual([[8, 9, 10, 11, 12], false]);
  expect(await page({ after: 12 })).toEqual([[], false]);
});

test('the list shows last message, unread and read mark, most recently active first, in pages', async () => {
  await using app = await startApp();
  const bob = connectHttp(app.httpUrl, 'bob').chat;
  for (const friend of ['alice', 'carol', 'dave']) await sendMany(app, friend, directConversationId('bob', friend), 3);
  const first = await bob.conversations.list.query({ limit: 2 });
  expect(first.conversations.map((conversation) => [conversation.conversationId, conversation.unread])).toEqual([
    [directConversationId('bob', 'dave'), 3],
    [directConversationId('bob', 'carol'), 3],
  ]);
  expect(first.conversations[0]?.lastMessage).toMatchObject({ senderId: 'dave', type: 'text', content: { text: '3' } });
  const second = await bob.conversations.list.query({ limit: 2, page: first.nextPage });
  expect(second.conversations.map((conversation) => conversation.conversationId)).toEqual([
    directConversationId('alice', 'bob'),
  ]);
  expect(second.nextPage).toBeNull();

  const conversationId = directConversationId('alice', 'bob');
  expect(await bob.conversations.markRead.mutate({ conversationId, readSeq: 3 })).toEqual({
    conversationId,
    readSeq: 3,
  });
  expect(await bob.conversations.get.query({ conversationId })).toMatchObject({ readSeq: 3, unread: 1 });
  await bob.send.mutate({ conversationId, clientMessageId: 'reply', ...text('mine') });
  expect(await bob.conversations.get.query({ conversationId }), 'my own message is not unread to me').toMatchObject({
    unread: 1,
  });
  expect(await bob.conversations.markRead.mutate({ conversationId, readSeq: 1 }), 'marks do not go back').toMatchObject(
    { readSeq: 3 },
  );
  expect(await bob.conversations.markRead.mutate({ conversationId, readSeq: 99 }), 'nor beyond the head').toMatchObject(
    { readSeq: 5 },
  );
  expect(await bob.conversations.get.query({ conversationId })).toMatchObject({ readSeq: 5, unread: 0 });
});

test('a read mark reaches the other devices of the same user, and nobody else', async () => {
  await using app = await startApp();
  await using phone = connectStock(app.wsUrl, 'bob');
  await using alice = connectStock(app.wsUrl, 'alice');
  const conversationId = directConversationId('alice', 'bob');
  const heard: Record<string, string[]> = { phone: [], alice: [] };
  for (const [name, device] of Object.entries({ phone, alice })) {
    device.trpc.chat.inbox.feed.subscribe(
      {},
      {
        onData: ({ data }) => {
          if (data.type === 'entries') for (const { event } of data.entries) if (event) heard[name]?.push(event.type);
        },
      },
    );
    await app.next('feed-opened');
  }
  await sendMany(app, 'alice', conversationId, 1);
  await connectHttp(app.httpUrl, 'bob').chat.conversations.markRead.mutate({ conversationId, readSeq: 2 });
  await eventually('the mark', () => heard['phone']?.includes('read.marked'));
  expect(heard['phone']).toEqual(['conversation.created', 'message.sent', 'conversation.created', 'read.marked']);
  expect(heard['alice']).toEqual(['conversation.created', 'message.sent']);
});

test('a group: created once per command, joined, left, and seen only while one is in it', async () => {
  await using app = await startApp();
  const alice = connectHttp(app.httpUrl, 'alice').chat;
  const carol = connectHttp(app.httpUrl, 'carol').chat;
  const made = { title: 'crew', memberIds: ['bob'], commandId: 'make-crew' };
  const { conversationId } = await alice.conversations.createGroup.mutate(made);
  expect((await alice.conversations.createGroup.mutate(made)).conversationId).toBe(conversationId);

  await alice.send.mutate({ conversationId, clientMessageId: 'm1', ...text('before carol') });
  await alice.conversations.addMembers.mutate({ conversationId, memberIds: ['carol'] });
  await alice.send.mutate({ conversationId, clientMessageId: 'm2', ...text('with carol') });
  await carol.conversations.leave.mutate({ conversationId });
  await alice.send.mutate({ conversationId, clientMessageId: 'm3', ...text('after carol') });

  const seen = await carol.conversations.history.query({ conversationId, after: 0 });
  expect(seen.events.map((event) => event.conversationSeq)).toEqual([3, 4, 5]);
  expect((await carol.conversations.list.query()).conversations).toEqual([]);
  const inbox = await carol.inbox.since.query({ cursor: (await carol.inbox.head.query()).cursor.replace(/:.*/, ':0') });
  expect(inbox).toMatchObject({ entries: [{ seq: 1 }, { seq: 2 }, { seq: 3, event: { type: 'members.removed' } }] });
  const { members } = await alice.conversations.members.query({ conversationId });
  expect(members).toEqual([
    { userId: 'alice', joinedSeq: 1 },
    { userId: 'bob', joinedSeq: 1 },
  ]);
});

test('the conversation of a user alone takes notes, and stays out of the list until there is one', async () => {
  await using app = await startApp();
  const { chat } = connectHttp(app.httpUrl, 'alice');
  const conversationId = selfConversationId('alice');
  await sendMany(app, 'bob', directConversationId('alice', 'bob'), 1);
  await chat.conversations.markRead.mutate({ conversationId: directConversationId('alice', 'bob'), readSeq: 2 });
  expect((await chat.conversations.list.query()).conversations.map((each) => each.kind)).toEqual(['direct']);
  await chat.send.mutate({ conversationId, clientMessageId: 'note', ...text('buy milk') });
  expect((await chat.conversations.list.query()).conversations[0]).toMatchObject({ kind: 'self', unread: 0 });
});

test('the feed is the same over server-sent events and for a server-side caller', async () => {
  await using app = await startApp();
  const conversationId = directConversationId('alice', 'bob');
  const sse = createTRPCClient<AppRouter>({
    links: [
      httpSubscriptionLink({
        url: app.httpUrl,
        transformer: superjson,
        EventSource: FetchEventSource as unknown as typeof EventSource,
        eventSourceOptions: () => ({ headers: { authorization: 'token-bob' } }) as EventSourceInit,
      }),
    ],
  });
  const items: FeedItem[] = [];
  const subscription = sse.chat.inbox.feed.subscribe({}, { onData: ({ data }) => items.push(data as FeedItem) });
  const abort = new AbortController();
  const caller = app.router.createCaller({ user: { id: 'bob' } }, { signal: abort.signal });
  const feed = (await caller.chat.inbox.feed({})) as unknown as AsyncIterable<[string, FeedItem]>;
  const direct = feed[Symbol.asyncIterator]();
  expect((await direct.next()).value[1]).toMatchObject({ type: 'reset', reason: 'new' });
  expect((await direct.next()).value[1]).toMatchObject({ type: 'live' });
  await eventually('SSE to be live', () => items.some((item) => item.type === 'live'));

  await sendMany(app, 'alice', conversationId, 1);
  expect((await direct.next()).value[1]).toMatchObject({
    entries: [{ seq: 1, event: { type: 'conversation.created' } }],
  });
  await eventually('both entries over SSE', () => items.filter((item) => item.type === 'entries').length === 2);
  subscription.unsubscribe();
  const closed = app.next('feed-closed', ({ transport }) => transport === 'generator');
  abort.abort();
  await direct.return?.();
  await closed;
});

/** The little of EventSource that tRPC's link uses, over fetch, since Node 20 has none. */
class FetchEventSource extends EventTarget {
  static readonly CLOSED = 2;
  readyState = 0;
  readonly #abort = new AbortController();

  constructor(url: string, init: { headers: Record<string, string> }) {
    super();
    this.#run(url, init.headers).catch(() => {
      if (this.readyState !== FetchEventSource.CLOSED) this.dispatchEvent(new Event('error'));
    });
  }

  close(): void {
    this.readyState = 2;
    this.#abort.abort();
  }

  async #run(url: string, headers: Record<string, string>): Promise<void> {
    const response = await fetch(url, {
      headers: { ...headers, accept: 'text/event-stream' },
      signal: this.#abort.signal,
    });
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
    let buffer = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      buffer += chunk;
      for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
        const fields = buffer
          .slice(0, end)
          .split('\n')
          .map((line) => /^(\w+): ?(.*)$/.exec(line));
        buffer = buffer.slice(end + 2);
        const field = (name: string) => fields.find((each) => each?.[1] === name)?.[2];
        const event = new Event(field('event') ?? 'message');
        this.dispatchEvent(Object.assign(event, { data: field('data') ?? '', lastEventId: field('id') ?? '' }));
      }
    }
  }
}
