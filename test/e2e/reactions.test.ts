import { directConversationId, type FeedItem } from '@tidemark/core';
import { expect, test } from 'vitest';
import { connectHttp, connectStock, eventually, startApp } from '../support/app.ts';
import { refusal } from '../support/refusal.ts';

const conversationId = directConversationId('alice', 'bob');
const hello = { type: 'text', content: { text: 'hello' } } as const;

test('a reaction reaches who is there, who was away, and pages, and is not news', async () => {
  await using app = await startApp();
  const [alice, bob] = ['alice', 'bob'].map((user) => connectHttp(app.httpUrl, user).chat) as [Chat, Chat];
  const { conversationSeq: seq } = await alice.send.mutate({ conversationId, clientMessageId: 'm-1', ...hello });
  await using socket = connectStock(app.wsUrl, 'alice');
  const items: FeedItem<{ text: { text: string }; order: { orderId: string; total: number } }>[] = [];
  const { cursor } = await alice.inbox.head.query();
  const live = socket.trpc.chat.inbox.feed.subscribe({ cursor }, { onData: ({ data }) => items.push(data) });
  await eventually('live', () => items.some((item) => item.type === 'live'));
  const before = await alice.conversations.get.query({ conversationId });

  const result = await bob.react.mutate({ conversationId, target: { seq }, key: '👍' });
  expect(result).toMatchObject({ conversationId, conversationSeq: 3, messageId: null });
  const byId = { senderId: 'alice', clientMessageId: 'm-1' };
  await bob.react.mutate({ conversationId, target: byId, key: '❤️', on: true });
  await bob.react.mutate({ conversationId, target: byId, key: '👍', on: false });
  const repeated = await bob.react.mutate({ conversationId, target: byId, key: '👍', on: false });
  expect(repeated, 'what is so already stands on the head').toMatchObject({ conversationSeq: 5, messageId: null });

  const events = () => items.flatMap((item) => (item.type === 'entries' ? item.entries.map(({ event }) => event) : []));
  await eventually('three events', () => events().length === 3);
  live.unsubscribe();
  const of = { type: 'reaction.changed', targetSeq: seq, targetAuthor: 'alice', actorId: 'bob' };
  expect(events()).toMatchObject([
    { ...of, key: '👍', on: true, count: 1, newest: ['bob'] },
    { ...of, key: '❤️', on: true, count: 1, newest: ['bob'] },
    { ...of, key: '👍', on: false, count: 0, newest: [] },
  ]);
  const away = await alice.inbox.since.query({ cursor });
  expect(away.type === 'entries' && away.entries.map(({ event }) => event)).toEqual(events());

  const registersOf = async (chat: Chat) => {
    const { registers, asOf } = await chat.conversations.history.query({ conversationId, before: 3 });
    return { registers: registers.map(({ name, key, owner, value }) => [name, key, owner, value]), asOf };
  };
  const count = ['reactions', '❤️', null, { count: 1, newest: ['bob'], since: 4 }];
  expect(await registersOf(alice)).toEqual({ registers: [count], asOf: 5 });
  expect(await registersOf(bob)).toEqual({ registers: [count, ['reaction', '❤️', 'bob', true]], asOf: 5 });
  expect(await alice.conversations.get.query({ conversationId })).toEqual({ ...before, head: 5 });
});

test('whoever may read a message may ask who reacted to it, page by page', async () => {
  await using app = await startApp();
  const users = ['alice', 'bob', 'carol', 'dave', 'erin'];
  const chats = users.map((user) => connectHttp(app.httpUrl, user).chat);
  const [alice, bob] = chats as [Chat, Chat];
  const group = await alice.conversations.createGroup.mutate({ memberIds: users.slice(1) });
  const { conversationId: id } = group;
  const { conversationSeq: seq } = await alice.send.mutate({ conversationId: id, clientMessageId: 'm', ...hello });
  for (const chat of chats) await chat.react.mutate({ conversationId: id, target: { seq }, key: 'yes' });
  await bob.react.mutate({ conversationId: id, target: { seq }, key: 'yes', on: false });

  const ask = async (query: { before?: number; limit?: number; key?: string }, chat = bob) => {
    const page = await chat.conversations.reactions.query({ conversationId: id, seq, key: 'yes', ...query });
    return [page.reactors.map(({ userId }) => userId).join(), page.hasMore, page.reactors.at(-1)?.seq];
  };
  expect(await ask({})).toEqual(['erin,dave,carol,alice', false, 3]);
  expect(await ask({ limit: 2 })).toEqual(['erin,dave', true, 6]);
  expect(await ask({ limit: 2, before: 6 })).toEqual(['carol,alice', false, 3]);
  expect(await ask({ key: 'no' })).toEqual(['', false, undefined]);

  // One who has left knows of what was before.
  await bob.conversations.leave.mutate({ conversationId: id });
  await alice.react.mutate({ conversationId: id, target: { seq }, key: 'no' });
  expect(await ask({ key: 'no' })).toEqual(['', false, undefined]);
  expect(await ask({})).toEqual(['erin,dave,carol,alice', false, 3]);
  const stranger = connectHttp(app.httpUrl, 'mallory').chat;
  const wrong = { conversationId: id, seq, key: 'yes' };
  expect(await refusal(stranger.conversations.reactions.query(wrong))).toMatchObject({ code: 'message_not_found' });
  expect(await refusal(alice.conversations.reactions.query({ ...wrong, seq: 1 }))).toMatchObject({
    code: 'message_not_found',
    field: 'seq',
  });
});

test('a reaction is carried out once per id, and refused with a reason', async () => {
  await using app = await startApp({ reactions: { keys: ['👍', '👎'] } });
  const [alice, bob, mallory] = ['alice', 'bob', 'mallory'].map((user) => connectHttp(app.httpUrl, user).chat) as [
    Chat,
    Chat,
    Chat,
  ];
  const { conversationSeq: seq } = await alice.send.mutate({ conversationId, clientMessageId: 'm-1', ...hello });
  const react = { conversationId, target: { seq }, key: '👍', commandId: 'r-1' };
  const results = [await bob.react.mutate(react), await bob.react.mutate(react)];
  expect(results[1]).toEqual(results[0]);
  const { mutate } = bob.react;
  const cases = [
    [() => mallory.react.mutate({ ...react, commandId: 'r2' }), 'not_a_member', 'conversationId'],
    [() => mutate({ ...react, commandId: 'r3', target: { seq: 99 } }), 'message_not_found', 'target'],
    [() => mutate({ ...react, key: '👎' }), 'command_reused', 'commandId'],
    [() => mutate({ ...react, commandId: 'r4', key: '🎉' }), 'invalid_input', 'key'],
    [() => mutate({ ...react, commandId: 'r5', key: '' }), 'invalid_input', 'key'],
    [() => mutate({ ...react, commandId: 'r6', key: 'two words' }), 'invalid_input', 'key'],
    [() => mutate({ ...react, commandId: 'r7', key: '👍'.repeat(17) }), 'invalid_input', 'key'],
    [() => mutate({ ...react, commandId: 'r8', key: '\ud83d' }), 'invalid_input', 'key'],
    [() => mutate({ ...react, commandId: 'r9', on: 1 as never }), 'invalid_input', 'on'],
  ] as const;
  for (const [call, code, field] of cases) expect(await refusal(call())).toMatchObject({ code, field });
  // What is offered no longer can be taken back.
  expect(await mutate({ ...react, commandId: 'r10', key: '🎉', on: false })).toMatchObject({ conversationSeq: 3 });
});

type Chat = ReturnType<typeof connectHttp>['chat'];
