import { expect, test } from 'vitest';
import { connectHttp, startApp } from '../support/app.ts';
import { refusal } from '../support/refusal.ts';

const text = (said: string) => ({ type: 'text', content: { text: said } }) as const;

type Chat = ReturnType<typeof connectHttp>['chat'];

test('whom a message mentions stands beside its content, in pages, lists and versions; nothing is read from the text', async () => {
  await using app = await startApp();
  const [alice, bob] = ['alice', 'bob'].map((user) => connectHttp(app.httpUrl, user).chat) as [Chat, Chat];
  const { conversationId } = await alice.conversations.createGroup.mutate({ memberIds: ['bob'] });
  const send = { conversationId, ...text('@bob') };
  await alice.send.mutate({ ...send, clientMessageId: 'm-2' });
  expect(await bob.conversations.get.query({ conversationId })).toMatchObject({ unread: 1, unreadMentions: 0 });
  await alice.send.mutate({ ...send, clientMessageId: 'm-3', mentions: { users: ['bob', 'nobody'] } });
  const mentions = { users: ['bob'] };
  expect(await bob.conversations.get.query({ conversationId })).toMatchObject({
    unread: 2,
    unreadMentions: 1,
    lastMessage: { mentions },
  });
  await alice.edit.mutate({ conversationId, target: { seq: 3 }, ...text('@all'), mentions: { all: true } });
  const { lastMessage } = await bob.conversations.get.query({ conversationId });
  expect(lastMessage).toMatchObject({ mentions: { users: [], all: true }, edited: { version: 2 } });
  const { versions } = await bob.conversations.versions.query({ conversationId, seq: 3 });
  expect(versions.map((version) => version.mentions)).toEqual([{ users: [], all: true }, mentions]);
  const { registers } = await bob.conversations.history.query({ conversationId });
  expect(registers.map(({ name }) => name)).toEqual(['content']);
  await bob.conversations.markRead.mutate({ conversationId, readSeq: 2 });
  expect(await bob.conversations.get.query({ conversationId })).toMatchObject({ unread: 1, unreadMentions: 1 });
  await bob.conversations.markRead.mutate({ conversationId, readSeq: 4 });
  expect(await bob.conversations.get.query({ conversationId })).toMatchObject({ unread: 0, unreadMentions: 0 });
});

test('mentions are refused with a reason, naming field and limit', async () => {
  await using app = await startApp({ limits: { mentions: 2, mentionAllMembers: 2 } });
  const [alice, bob] = ['alice', 'bob'].map((user) => connectHttp(app.httpUrl, user).chat) as [Chat, Chat];
  const { conversationId } = await alice.conversations.createGroup.mutate({ memberIds: ['bob', 'carol'] });
  let ids = 0;
  const send = (mentions: object, from = alice) => {
    ids += 1;
    return from.send.mutate({ conversationId, clientMessageId: `m-${ids}`, ...text('hi'), mentions });
  };
  const { conversationSeq: seq } = await send({ users: ['bob', 'carol'], all: true });
  const many = { users: ['a', 'b', 'c'] };
  const detail = '3, at most 2 (limits.mentions)';
  const tooMany = { code: 'invalid_input', field: 'mentions.users', detail };
  expect(await refusal(send(many))).toMatchObject(tooMany);
  const edit = { conversationId, target: { seq }, ...text('ho'), mentions: many };
  expect(await refusal(alice.edit.mutate(edit))).toMatchObject(tooMany);
  const cases = [
    [{ users: ['a b'] }, 'mentions.users.0'],
    [{ users: 'bob' }, 'mentions.users'],
    [{ everybody: true }, 'mentions'],
    [{ here: 'yes' }, 'mentions.here'],
  ] as const;
  for (const [mentions, field] of cases) {
    expect(await refusal(send(mentions))).toMatchObject({ code: 'invalid_input', field });
  }
  expect(await refusal(send({ all: true }, bob))).toMatchObject({
    code: 'forbidden',
    field: 'mentions',
  });
});
