import { DEFAULT_SETTINGS, directConversationId, selfConversationId } from '@tidemark/core';
import { expect, test } from 'vitest';
import { connectHttp, startApp } from '../support/app.ts';
import { refusal } from '../support/refusal.ts';

const conversationId = directConversationId('alice', 'bob');
const text = (said: string) => ({ type: 'text', content: { text: said } }) as const;

test('settings are those of their user, on the summary and the list, and once under one id', async () => {
  await using app = await startApp();
  const [alice, bob] = ['alice', 'bob'].map((user) => connectHttp(app.httpUrl, user).chat) as [Chat, Chat];
  await alice.send.mutate({ conversationId, clientMessageId: 'm-1', ...text('one') });
  const { setSettings, get, list } = bob.conversations;
  expect(await get.query({ conversationId })).toMatchObject({ settings: DEFAULT_SETTINGS, ownSeq: 0 });
  const mute = { conversationId, mutedUntil: 9_000, notify: 'none', commandId: 's-1' } as const;
  const result = await setSettings.mutate(mute);
  expect(result).toMatchObject({ conversationId: selfConversationId('bob'), conversationSeq: 2, messageId: null });
  expect(await setSettings.mutate(mute)).toEqual(result);
  await setSettings.mutate({ conversationId, remark: 'Al' });
  const settings = { ...DEFAULT_SETTINGS, mutedUntil: 9_000, notify: 'none', remark: 'Al' };
  expect(await get.query({ conversationId })).toMatchObject({ settings, ownSeq: 3 });
  expect((await list.query()).conversations).toMatchObject([{ settings, ownSeq: 3 }]);
  const others = await alice.conversations.get.query({ conversationId });
  expect(others).toMatchObject({ settings: DEFAULT_SETTINGS, ownSeq: 0, head: 2 });
});

test('a conversation marked unread is so until the next mark, whether or not that moves; no mark goes back', async () => {
  await using app = await startApp();
  const [alice, bob] = ['alice', 'bob'].map((user) => connectHttp(app.httpUrl, user).chat) as [Chat, Chat];
  await alice.send.mutate({ conversationId, clientMessageId: 'm-1', ...text('one') });
  const { setSettings, get, markRead } = bob.conversations;
  await markRead.mutate({ conversationId, readSeq: 2 });
  await setSettings.mutate({ conversationId, markedUnread: true, pinned: true });
  expect(await get.query({ conversationId })).toMatchObject({
    readSeq: 2,
    unread: 0,
    settings: { markedUnread: true },
  });
  expect(await markRead.mutate({ conversationId, readSeq: 1 })).toEqual({ conversationId, readSeq: 2 });
  const after = { readSeq: 2, settings: { ...DEFAULT_SETTINGS, pinned: true } };
  expect(await get.query({ conversationId })).toMatchObject(after);
  const { head } = await bob.conversations.get.query({ conversationId: selfConversationId('bob') });
  await markRead.mutate({ conversationId, readSeq: 2 });
  expect(await bob.conversations.get.query({ conversationId: selfConversationId('bob') })).toMatchObject({ head });
});

test('strangers set nothing, and what breaks a rule names its field', async () => {
  await using app = await startApp();
  const [alice, mallory] = ['alice', 'mallory'].map((user) => connectHttp(app.httpUrl, user).chat) as [Chat, Chat];
  await alice.send.mutate({ conversationId, clientMessageId: 'm-1', ...text('one') });
  const refused = await refusal(mallory.conversations.setSettings.mutate({ conversationId, pinned: true }));
  expect(refused).toMatchObject({ code: 'conversation_not_found', field: 'conversationId' });
  for (const [field, value] of [
    ['notify', 'some'],
    ['mutedUntil', -1],
    ['remark', ''],
    ['remark', 'x'.repeat(201)],
    ['hiddenUntilNews', 1.5],
    ['pinned', 1],
  ] as const) {
    const bad = { conversationId, [field]: value } as never;
    expect(await refusal(alice.conversations.setSettings.mutate(bad))).toMatchObject({ code: 'invalid_input', field });
  }
});

type Chat = ReturnType<typeof connectHttp>['chat'];
