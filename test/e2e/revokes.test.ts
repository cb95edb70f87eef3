import { directConversationId, type FeedItem } from '@tidemark/core';
import { expect, test } from 'vitest';
import { connectHttp, connectStock, eventually, startApp } from '../support/app.ts';
import { refusal } from '../support/refusal.ts';

const conversationId = directConversationId('alice', 'bob');
const secret = { type: 'text', content: { text: 'secret' } } as const;

test('what is revoked is a tombstone for who is there, who was away and who comes anew, and nowhere its text', async () => {
  await using app = await startApp();
  const [alice, bob] = ['alice', 'bob'].map((user) => connectHttp(app.httpUrl, user).chat) as [Chat, Chat];
  await alice.send.mutate({ conversationId, clientMessageId: 'm-0', type: 'text', content: { text: 'stays' } });
  const { cursor } = await bob.inbox.head.query();
  const { conversationSeq: seq } = await alice.send.mutate({ conversationId, clientMessageId: 'm-1', ...secret });
  await alice.edit.mutate({ conversationId, target: { seq }, type: 'text', content: { text: 'secret, too' } });
  await bob.react.mutate({ conversationId, target: { seq }, key: '👍' });
  await using socket = connectStock(app.wsUrl, 'bob');
  const items: FeedItem<{ text: { text: string }; order: { orderId: string; total: number } }>[] = [];
  const { cursor: now } = await bob.inbox.head.query();
  const live = socket.trpc.chat.inbox.feed.subscribe({ cursor: now }, { onData: ({ data }) => items.push(data) });
  await eventually('live', () => items.some((item) => item.type === 'live'));
  expect(await bob.conversations.get.query({ conversationId })).toMatchObject({ unread: 2 });

  const byId = { senderId: 'alice', clientMessageId: 'm-1' };
  const result = await alice.revoke.mutate({ conversationId, targets: [byId], reason: 'oops' });
  expect(result).toMatchObject({ conversationId, conversationSeq: 6, messageId: null });
  expect(await alice.revoke.mutate({ conversationId, targets: [{ seq }] })).toMatchObject({ conversationSeq: 6 });

  const events = () => items.flatMap((item) => (item.type === 'entries' ? item.entries.map(({ event }) => event) : []));
  await eventually('the revoke', () => events().length === 1);
  live.unsubscribe();
  expect(events()).toMatchObject([
    { type: 'message.revoked', actorId: 'alice', targets: [{ seq, ...byId }], reason: 'oops' },
  ]);
  const away = await bob.inbox.since.query({ cursor });
  expect(away.type === 'entries' && away.entries.map(({ event }) => event)).toMatchObject([
    { type: 'message.erased', conversationSeq: seq, commandId: 'm-1' },
    { type: 'edit.erased', targetSeq: seq, version: 2 },
    { type: 'reaction.changed' },
    { type: 'message.revoked' },
  ]);
  const page = await bob.conversations.history.query({ conversationId, after: seq - 1, limit: 1 });
  const by = { by: 'alice', at: result.at, reason: 'oops' };
  expect(page).toMatchObject({ events: [{ type: 'message.erased' }], registers: [{ name: 'revoked', value: by }] });
  const summary = await bob.conversations.get.query({ conversationId });
  expect(summary).toMatchObject({
    unread: 1,
    head: 6,
    lastMessage: { conversationSeq: seq, type: 'unknown', revoked: by },
  });
  const { conversations } = await bob.conversations.list.query();
  expect(conversations).toEqual([summary]);
  expect(JSON.stringify([events(), away, page, conversations])).not.toContain('secret');

  for (const call of [
    bob.react.mutate({ conversationId, target: { seq }, key: '❤️' }),
    alice.edit.mutate({ conversationId, target: byId, ...secret }),
  ]) {
    expect(await refusal(call)).toMatchObject({ code: 'revoked', field: 'target' });
  }
  for (const call of [
    bob.conversations.versions.query({ conversationId, seq }),
    bob.conversations.reactions.query({ conversationId, seq, key: '👍' }),
  ]) {
    expect(await refusal(call)).toMatchObject({ code: 'revoked', field: 'seq' });
  }
});

test('a revoke is carried out once per id, and refused with a reason', async () => {
  await using app = await startApp({ limits: { revokeWindowMs: 0 } });
  const [alice, bob, mallory] = ['alice', 'bob', 'mallory'].map((user) => connectHttp(app.httpUrl, user).chat) as [
    Chat,
    Chat,
    Chat,
  ];
  const { conversationSeq: seq } = await alice.send.mutate({ conversationId, clientMessageId: 'm-1', ...secret });
  const { conversationId: group } = await alice.conversations.createGroup.mutate({ memberIds: ['bob'] });
  const of = { conversationId: group, targets: [{ seq: 2 }] };
  await bob.send.mutate({ conversationId: group, clientMessageId: 'm-2', ...secret });
  await bob.send.mutate({ conversationId: group, clientMessageId: 'm-3', ...secret });
  const results = [
    await alice.revoke.mutate({ ...of, commandId: 'r-1' }),
    await alice.revoke.mutate({ ...of, commandId: 'r-1' }),
  ];
  expect(results[1]).toEqual(results[0]);
  await eventually('a tick of the clock', () => Date.now() > (results[0]?.at ?? 0) + 1);
  const { mutate } = bob.revoke;
  const cases = [
    [() => mallory.revoke.mutate({ ...of, commandId: 'r2' }), 'not_a_member', 'conversationId'],
    [() => mutate({ ...of, targets: [{ seq: 99 }] }), 'message_not_found', 'targets.0'],
    [() => mutate({ conversationId, targets: [{ seq }] }), 'forbidden', 'targets.0'],
    [() => mutate({ ...of, targets: [{ seq: 2 }, { seq: 3 }] }), 'forbidden', 'targets.1'],
    [() => alice.revoke.mutate({ ...of, targets: [{ seq: 3 }], commandId: 'r-1' }), 'command_reused', 'commandId'],
    [() => mutate({ ...of, targets: [] }), 'invalid_input', 'targets'],
    [() => mutate({ ...of, targets: Array.from({ length: 101 }, () => ({ seq: 2 })) }), 'invalid_input', 'targets'],
    [() => mutate({ ...of, targets: [{ seq: 0 }] }), 'invalid_input', undefined],
    [() => mutate({ ...of, reason: '' }), 'invalid_input', 'reason'],
    [() => mutate({ ...of, reason: 'x'.repeat(201) }), 'invalid_input', 'reason'],
  ] as const;
  for (const [call, code, field] of cases) {
    expect(await refusal(call())).toMatchObject({ code, ...(field !== undefined && { field }) });
  }
});

type Chat = ReturnType<typeof connectHttp>['chat'];
