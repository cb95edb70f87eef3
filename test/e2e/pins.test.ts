import { directConversationId } from '@tidemark/core';
import { expect, test } from 'vitest';
import { connectHttp, startApp } from '../support/app.ts';
import { refusal } from '../support/refusal.ts';

const conversationId = directConversationId('alice', 'bob');
const text = (said: string) => ({ type: 'text', content: { text: said } }) as const;

type Chat = ReturnType<typeof connectHttp>['chat'];

test('what is pinned is read as it is now, the last that was pinned first, and each device hears of it', async () => {
  await using app = await startApp();
  const [alice, bob] = ['alice', 'bob'].map((user) => connectHttp(app.httpUrl, user).chat) as [Chat, Chat];
  for (const [nth, said] of ['one', 'two', 'three'].entries()) {
    await alice.send.mutate({ conversationId, clientMessageId: `m-${nth + 2}`, ...text(said) });
  }
  expect(await bob.conversations.pins.query({ conversationId })).toEqual({ pins: [], asOf: 0 });
  const { cursor } = await bob.inbox.head.query();
  const before = await bob.conversations.get.query({ conversationId });
  const pin = { conversationId, target: { seq: 2 }, commandId: 'p-1' };
  const result = await bob.pin.mutate(pin);
  expect(result).toMatchObject({ conversationSeq: 5, messageId: null });
  expect(await bob.pin.mutate(pin)).toEqual(result);
  await alice.pin.mutate({ conversationId, target: { senderId: 'alice', clientMessageId: 'm-4' } });
  const edited = { conversationId, target: { seq: 2 }, ...text('One') };
  await alice.edit.mutate(edited);
  const { pins, asOf } = await bob.conversations.pins.query({ conversationId });
  expect(pins).toMatchObject([
    { conversationSeq: 4, senderId: 'alice', message: text('three'), pinnedBy: 'alice' },
    { conversationSeq: 2, senderId: 'alice', message: text('One'), edited: { version: 2 }, pinnedBy: 'bob' },
  ]);
  expect(asOf).toBe(6);
  const news = await bob.inbox.since.query({ cursor });
  expect(news.type === 'entries' && news.entries.map(({ event }) => event).slice(0, 2)).toMatchObject([
    { type: 'pin.changed', actorId: 'bob', targetSeq: 2, on: true, pins: [{ seq: 2, by: 'bob' }] },
    { type: 'pin.changed', actorId: 'alice', targetSeq: 4, on: true, pins: [{ seq: 4 }, { seq: 2 }] },
  ]);
  expect(await bob.conversations.get.query({ conversationId }), 'no news').toEqual({ ...before, head: 7 });
  await alice.pin.mutate({ conversationId, target: { seq: 4 }, on: false });
  expect((await bob.conversations.pins.query({ conversationId })).pins).toHaveLength(1);
});

test('whoever came later sees none of what was pinned before, and strangers and former members see nothing', async () => {
  await using app = await startApp();
  const users = ['alice', 'bob', 'carol'];
  const [alice, bob, carol] = users.map((user) => connectHttp(app.httpUrl, user).chat) as [Chat, Chat, Chat];
  const { conversationId: id } = await alice.conversations.createGroup.mutate({ memberIds: ['bob'] });
  await alice.send.mutate({ conversationId: id, clientMessageId: 'm-2', ...text('before') });
  await alice.conversations.addMembers.mutate({ conversationId: id, memberIds: ['carol'] });
  await alice.send.mutate({ conversationId: id, clientMessageId: 'm-4', ...text('after') });
  for (const seq of [2, 4]) await alice.pin.mutate({ conversationId: id, target: { seq } });
  const seen = async (chat: Chat) =>
    (await chat.conversations.pins.query({ conversationId: id })).pins.map(({ conversationSeq }) => conversationSeq);
  expect(await seen(alice)).toEqual([4, 2]);
  expect(await seen(carol)).toEqual([4]);
  await bob.conversations.leave.mutate({ conversationId: id });
  for (const chat of [bob, connectHttp(app.httpUrl, 'mallory').chat]) {
    expect(await refusal(seen(chat))).toMatchObject({ code: 'conversation_not_found', field: 'conversationId' });
  }
});

test('a pin is refused with a reason, naming the field, and everybody may where the application says so', async () => {
  await using app = await startApp({ permissions: { pin: 'everybody' }, limits: { pins: 1 } });
  const [alice, bob] = ['alice', 'bob'].map((user) => connectHttp(app.httpUrl, user).chat) as [Chat, Chat];
  const { conversationId: id } = await alice.conversations.createGroup.mutate({ memberIds: ['bob'] });
  for (const nth of [2, 3]) {
    await alice.send.mutate({ conversationId: id, clientMessageId: `m-${nth}`, ...text('hi') });
  }
  const pin = { conversationId: id, target: { seq: 2 }, commandId: 'p-1' };
  await bob.pin.mutate(pin);
  const { mutate } = bob.pin;
  const cases = [
    [() => mutate({ ...pin, commandId: 'p-2', target: { seq: 3 } }), 'forbidden', 'target'],
    [() => mutate({ ...pin, commandId: 'p-3', target: { seq: 99 } }), 'message_not_found', 'target'],
    [() => mutate({ ...pin, target: { seq: 3 } }), 'command_reused', 'commandId'],
    [() => mutate({ ...pin, commandId: 'p-4', target: { seq: 0 } }), 'invalid_input', 'target.seq'],
    [() => mutate({ ...pin, commandId: 'p-5', on: 1 as never }), 'invalid_input', 'on'],
  ] as const;
  for (const [call, code, field] of cases) expect(await refusal(call())).toMatchObject({ code, field });
});
