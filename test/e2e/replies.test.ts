import { directConversationId, type FeedItem } from '@tidemark/core';
import { expect, test } from 'vitest';
import { connectHttp, connectStock, eventually, startApp } from '../support/app.ts';
import { refusal } from '../support/refusal.ts';

const conversationId = directConversationId('alice', 'bob');
const text = (said: string) => ({ type: 'text', content: { text: said } }) as const;

test('a reply reaches who is there with its reference, and pages with the quoted message as it is now', async () => {
  await using app = await startApp();
  const [alice, bob] = ['alice', 'bob'].map((user) => connectHttp(app.httpUrl, user).chat) as [Chat, Chat];
  const { conversationSeq: seq, at } = await alice.send.mutate({
    conversationId,
    clientMessageId: 'm-1',
    ...text('hi'),
  });
  await using socket = connectStock(app.wsUrl, 'alice');
  const items: FeedItem<{ text: { text: string }; order: { orderId: string; total: number } }>[] = [];
  const { cursor } = await alice.inbox.head.query();
  const live = socket.trpc.chat.inbox.feed.subscribe({ cursor }, { onData: ({ data }) => items.push(data) });
  await eventually('live', () => items.some((item) => item.type === 'live'));

  await bob.send.mutate({ conversationId, clientMessageId: 'r-1', replyTo: { seq }, ...text('hello') });
  const byId = { senderId: 'bob', clientMessageId: 'r-1' };
  await alice.send.mutate({ conversationId, clientMessageId: 'r-2', replyTo: byId, ...text('again') });
  const events = () => items.flatMap((item) => (item.type === 'entries' ? item.entries.map(({ event }) => event) : []));
  await eventually('two events', () => events().length === 2);
  live.unsubscribe();
  expect(events()).toMatchObject([
    { commandId: 'r-1', replyTo: { seq } },
    { commandId: 'r-2', replyTo: { seq: seq + 1 } },
  ]);
  const { lastMessage } = await bob.conversations.get.query({ conversationId });
  expect(lastMessage).toMatchObject({ replyTo: { seq: seq + 1 } });

  const quotes = async (input: { limit?: number; before?: number }) =>
    (await bob.conversations.history.query({ conversationId, ...input })).quotes;
  expect(await quotes({ limit: 10 }), 'all are on the page').toEqual([]);
  const quoted = { conversationSeq: seq, senderId: 'alice', clientMessageId: 'm-1', at };
  expect(await quotes({ before: 4, limit: 1 })).toEqual([{ ...quoted, message: text('hi') }]);
  await alice.edit.mutate({ conversationId, target: { seq }, ...text('hi there') });
  expect(await quotes({ before: 4, limit: 1 })).toMatchObject([
    { ...quoted, message: text('hi there'), edited: { version: 2 } },
  ]);
});

test('who came later is not told what a reply quotes, and nobody is told more than the limit', async () => {
  await using app = await startApp({ limits: { quoteBytes: 1_000 } });
  const [alice, carol] = ['alice', 'carol'].map((user) => connectHttp(app.httpUrl, user).chat) as [Chat, Chat];
  const { conversationId: id } = await alice.conversations.createGroup.mutate({ memberIds: ['bob'] });
  const { conversationSeq: seq } = await alice.send.mutate({
    conversationId: id,
    clientMessageId: 'm',
    ...text('x'.repeat(1_100)),
  });
  await alice.conversations.addMembers.mutate({ conversationId: id, memberIds: ['carol'] });
  await alice.send.mutate({ conversationId: id, clientMessageId: 'r', replyTo: { seq }, ...text('y') });
  const page = { conversationId: id, limit: 1 };
  expect((await carol.conversations.history.query(page)).quotes).toEqual([]);
  expect((await alice.conversations.history.query(page)).quotes).toMatchObject([
    { conversationSeq: seq, senderId: 'alice', message: null },
  ]);
});

test('a reply is refused with a reason, naming the field', async () => {
  await using app = await startApp();
  const alice = connectHttp(app.httpUrl, 'alice').chat;
  const { conversationSeq: seq } = await alice.send.mutate({ conversationId, clientMessageId: 'm', ...text('hi') });
  const send = { conversationId, clientMessageId: 'r', ...text('hello') };
  await alice.send.mutate({ ...send, replyTo: { seq } });
  const { mutate } = alice.send;
  const cases = [
    [() => mutate({ ...send, clientMessageId: 'r2', replyTo: { seq: 99 } }), 'message_not_found', 'replyTo'],
    [() => mutate({ ...send, clientMessageId: 'r3', replyTo: { seq: 0 } }), 'invalid_input', 'replyTo.seq'],
    [() => mutate({ ...send, clientMessageId: 'r4', replyTo: {} as never }), 'invalid_input', 'replyTo'],
    [() => mutate({ ...send, replyTo: { seq: seq + 1 } }), 'command_reused', 'clientMessageId'],
  ] as const;
  for (const [call, code, field] of cases) expect(await refusal(call())).toMatchObject({ code, field });
  // What was refused for its target stays refused under its id, and is free under another.
  await mutate({ ...send, clientMessageId: 'r5', replyTo: { seq } });
});

type Chat = ReturnType<typeof connectHttp>['chat'];
