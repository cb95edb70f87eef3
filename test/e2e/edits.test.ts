import { directConversationId, type FeedItem } from '@tidemark/core';
import { expect, test } from 'vitest';
import { type App, connectHttp, connectStock, eventually, startApp } from '../support/app.ts';
import { refusal } from '../support/refusal.ts';

const text = (said: string) => ({ type: 'text', content: { text: said } }) as const;
const conversationId = directConversationId('alice', 'bob');

async function sent(app: App, said: string, clientMessageId = said) {
  const { chat } = connectHttp(app.httpUrl, 'alice');
  return chat.send.mutate({ conversationId, clientMessageId, ...text(said) });
}

test('an edit reaches who is there, who was away, pages, the list, and its history', async () => {
  await using app = await startApp();
  const { conversationSeq: seq } = await sent(app, 'teh first', 'm-1');
  const [alice, bob] = ['alice', 'bob'].map((user) => connectHttp(app.httpUrl, user).chat);
  await using socket = connectStock(app.wsUrl, 'bob');
  const items: FeedItem<{ text: { text: string }; order: { orderId: string; total: number } }>[] = [];
  const { cursor } = (await bob?.inbox.head.query()) ?? {};
  const live = socket.trpc.chat.inbox.feed.subscribe(
    { cursor: cursor ?? null },
    { onData: ({ data }) => items.push(data) },
  );
  await eventually('live', () => items.some((item) => item.type === 'live'));
  const before = await bob?.conversations.get.query({ conversationId });

  const first = await alice?.edit.mutate({ conversationId, target: { seq }, ...text('the first') });
  const second = await alice?.edit.mutate({
    conversationId,
    target: { senderId: 'alice', clientMessageId: 'm-1' },
    expectedVersion: 2,
    ...text('The first.'),
  });
  expect([first?.conversationSeq, second?.conversationSeq]).toEqual([3, 4]);

  const edits = () => items.flatMap((item) => (item.type === 'entries' ? item.entries : []));
  await eventually('both edits', () => edits().length === 2);
  live.unsubscribe();
  const events = edits().map(({ event }) => event);
  expect(events).toMatchObject([
    { type: 'message.edited', targetSeq: seq, version: 2, message: text('the first') },
    { type: 'message.edited', targetSeq: seq, version: 3, message: text('The first.') },
  ]);
  const away = await bob?.inbox.since.query({ cursor: cursor ?? null });
  expect(away?.type === 'entries' && away.entries.map(({ event }) => event)).toEqual(events);

  const page = await bob?.conversations.history.query({ conversationId, before: 3 });
  expect(page?.events).toHaveLength(2);
  expect(page?.asOf).toBe(4);
  const at = events[1]?.at;
  expect(page?.registers).toEqual([
    {
      conversationId,
      target: seq,
      name: 'content',
      key: '',
      owner: null,
      value: { version: 3, at, message: text('The first.') },
      seq: 4,
    },
  ]);
  const now = await bob?.conversations.get.query({ conversationId });
  expect(now, 'an edit moves nothing and is not unread').toEqual({
    ...before,
    head: 4,
    lastMessage: { ...before?.lastMessage, ...text('The first.'), edited: { version: 3, at } },
  });
});

test('members may read what a message has said, in pages', async () => {
  await using app = await startApp();
  const { conversationSeq: seq } = await sent(app, 'v1');
  const alice = connectHttp(app.httpUrl, 'alice').chat;
  for (let version = 2; version <= 5; version++) {
    await alice.edit.mutate({ conversationId, target: { seq }, ...text(`v${version}`) });
  }
  const bob = connectHttp(app.httpUrl, 'bob').chat.conversations;
  const page = async (query: { before?: number; limit?: number }) => {
    const { versions, hasMore } = await bob.versions.query({ conversationId, seq, ...query });
    return [versions.map(({ version, message }) => `${version} ${JSON.stringify(message.content)}`), hasMore];
  };
  const said = [5, 4, 3, 2, 1].map((version) => `${version} {"text":"v${version}"}`);
  expect(await page({})).toEqual([said, false]);
  expect(await page({ limit: 2 })).toEqual([said.slice(0, 2), true]);
  expect(await page({ limit: 2, before: 4 })).toEqual([said.slice(2, 4), true]);
  expect(await page({ limit: 2, before: 2 })).toEqual([said.slice(4), false]);
  expect(await page({ before: 1 })).toEqual([[], false]);
  const stranger = connectHttp(app.httpUrl, 'mallory').chat.conversations;
  expect(await refusal(stranger.versions.query({ conversationId, seq }))).toMatchObject({
    code: 'message_not_found',
  });
  expect(await refusal(bob.versions.query({ conversationId, seq: 1 as never }))).toMatchObject({
    code: 'message_not_found',
    field: 'seq',
  });
});

test('an edit is carried out once per id, and refused with a reason', async () => {
  await using app = await startApp();
  const { conversationSeq: seq } = await sent(app, 'hello');
  const alice = connectHttp(app.httpUrl, 'alice').chat;
  const edit = { conversationId, target: { seq }, commandId: 'edit-1', ...text('hello!') };
  const results = [await alice.edit.mutate(edit), await alice.edit.mutate(edit)];
  expect(results[1]).toEqual(results[0]);
  expect((await alice.conversations.versions.query({ conversationId, seq })).versions).toHaveLength(2);

  const [bob, mallory] = [connectHttp(app.httpUrl, 'bob').chat, connectHttp(app.httpUrl, 'mallory').chat];
  const { conversationSeq: other } = await sent(app, 'another');
  const { mutate } = alice.edit;
  const cases = [
    [() => bob.edit.mutate({ ...edit, commandId: 'e2' }), 'forbidden', 'target'],
    [() => mallory.edit.mutate({ ...edit, commandId: 'e3' }), 'not_a_member', 'conversationId'],
    [() => mutate({ ...edit, commandId: 'e4', target: { seq: 99 } }), 'message_not_found', 'target'],
    [() => mutate({ ...edit, commandId: 'e5', expectedVersion: 1 }), 'conflict', 'expectedVersion'],
    [() => mutate({ ...edit, target: { seq: other } }), 'command_reused', 'commandId'],
    [() => mutate({ ...edit, commandId: 'hello' }), 'command_reused', 'commandId'],
    [() => mutate({ ...edit, commandId: 'e6', content: { text: 7 as never } }), 'invalid_content', 'content.text'],
    [() => mutate({ ...edit, commandId: 'e7', type: 'sticker' as 'text' }), 'unknown_content_type', 'type'],
    [() => mutate({ ...edit, commandId: 'e8', target: { seq: 0 } }), 'invalid_input', 'target.seq'],
  ] as const;
  for (const [call, code, field] of cases) expect(await refusal(call())).toMatchObject({ code, field });
  expect((await alice.conversations.versions.query({ conversationId, seq })).versions).toHaveLength(2);
});
