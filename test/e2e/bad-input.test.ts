import {
  directConversationId,
  type ErrorCode,
  type InboxStore,
  parseErrorText,
  type Storage,
  systemClock,
} from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import type { TRPCClientError } from '@trpc/client';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type App, connectHttp, connectStock, eventually, startApp } from '../support/app.ts';
import { refusal } from '../support/refusal.ts';

const withBob = directConversationId('alice', 'bob');

/** Input as a foreign client might send it, past the types. */
type Loose = (input: unknown) => Promise<unknown>;

async function nothingStored(app: App, storage: Storage): Promise<void> {
  for (const user of ['alice', 'bob', 'mallory']) {
    const { cursor } = await connectHttp(app.httpUrl, user).chat.inbox.head.query();
    expect(cursor.endsWith(':0'), `${user} has an empty inbox`).toBe(true);
  }
  expect((await storage.history.load([withBob])).size).toBe(0);
}

const sends: [string, object, ErrorCode, string | undefined, RegExp][] = [
  ['an unknown content kind', { type: 'sticker', content: { id: 1 } }, 'unknown_content_type', 'type', /text, order/],
  [
    'a kind named like a member of every object',
    { type: 'constructor', content: {} },
    'unknown_content_type',
    'type',
    /none of/,
  ],
  [
    'content that breaks its schema',
    { type: 'order', content: { orderId: 'A', total: 'much' } },
    'invalid_content',
    'content.total',
    /number/,
  ],
  ['a missing field', { type: 'order', content: { total: 1 } }, 'invalid_content', 'content.orderId', /string/],
  ['no content', { type: 'text', content: null }, 'invalid_content', 'content', /object/],
  [
    'over-long content',
    { type: 'order', content: { orderId: 'x'.repeat(70_000), total: 1 } },
    'content_too_large',
    'content',
    /65536/,
  ],
  [
    "text over the schema's own length",
    { type: 'text', content: { text: 'x'.repeat(8_001) } },
    'invalid_content',
    'content.text',
    /8000/,
  ],
  ['a malformed conversation id', { conversationId: 'nonsense' }, 'invalid_input', 'conversationId', /g:<ulid>/],
  ['unsorted participants', { conversationId: 'd:bob,alice' }, 'invalid_input', 'conversationId', /sorted/],
  ['a clientMessageId with blanks', { clientMessageId: 'a b' }, 'invalid_input', 'clientMessageId', /visible ASCII/],
  ['an over-long clientMessageId', { clientMessageId: 'x'.repeat(65) }, 'invalid_input', 'clientMessageId', /1 to 64/],
  ['a field that is not there', { urgent: true }, 'invalid_input', 'input', /urgent/],
  [
    'a conversation of two others',
    { conversationId: directConversationId('bob', 'carol') },
    'not_a_member',
    'conversationId',
    /not a member/,
  ],
  [
    'a group that does not exist',
    { conversationId: 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV' },
    'not_a_member',
    'conversationId',
    /not a member/,
  ],
];

test.each(sends)('send refuses %s, and stores nothing', async (_, change, code, field, rule) => {
  const storage = memoryStorage();
  await using app = await startApp({ storage });
  await using alice = connectStock(app.wsUrl, 'alice');
  const good = { conversationId: withBob, clientMessageId: 'm1', type: 'text', content: { text: 'hi' } };
  for (const send of [alice.trpc.chat.send.mutate, connectHttp(app.httpUrl, 'alice').chat.send.mutate]) {
    const error = await refusal((send as Loose)({ ...good, ...change }));
    expect([error.code, error.field, error.policy]).toEqual([code, field, 'give-up']);
    expect(error.detail).toMatch(rule);
  }
  await nothingStored(app, storage);
});

test('cursors that were not issued here are refused, and those that cannot be continued from are reset', async () => {
  const storage = memoryStorage();
  await using app = await startApp({ storage });
  const { chat } = connectHttp(app.httpUrl, 'alice');
  for (const cursor of [
    'nonsense',
    '17',
    'epoch:-1',
    'epoch:1.5',
    'epoch:01',
    `epoch:${'9'.repeat(17)}`,
    'e p:1',
    '',
  ]) {
    // An empty string is "no cursor" to nobody: it is malformed like the others.
    const error = await refusal((chat.inbox.since.query as Loose)({ cursor }));
    expect([error.code, error.field], cursor).toEqual(['invalid_cursor', 'cursor']);
  }
  for (let n = 0; n < 3; n++) {
    await chat.send.mutate({
      conversationId: withBob,
      clientMessageId: `m${n}`,
      type: 'text',
      content: { text: 'hi' },
    });
  }
  const { cursor: head } = await chat.inbox.head.query();
  const epoch = head.split(':')[0];
  expect(await chat.inbox.since.query({})).toEqual({ type: 'reset', reason: 'new', cursor: head });
  expect(await chat.inbox.since.query({ cursor: 'another:1' })).toEqual({
    type: 'reset',
    reason: 'epoch',
    cursor: head,
  });
  expect(await chat.inbox.since.query({ cursor: `${epoch}:99` })).toEqual({
    type: 'reset',
    reason: 'ahead',
    cursor: head,
  });
  await storage.inbox.purge(systemClock.now() + 1_000, 2);
  expect(await chat.inbox.since.query({ cursor: `${epoch}:1` })).toEqual({
    type: 'reset',
    reason: 'floor',
    cursor: head,
  });
  expect(await chat.inbox.since.query({ cursor: `${epoch}:2` })).toMatchObject({
    type: 'entries',
    entries: [{ seq: 3 }, { seq: 4 }],
  });
});

test('the feed treats cursors as inbox.since does', async () => {
  const storage = memoryStorage();
  await using app = await startApp({ storage });
  await using alice = connectStock(app.wsUrl, 'alice');
  const outcome = (cursor: string) =>
    new Promise((resolve) => {
      alice.trpc.chat.inbox.feed.subscribe(
        { cursor },
        { onData: ({ data }) => resolve(data), onError: (error) => resolve(parseErrorText(error.message)?.code) },
      );
    });
  expect(await outcome('nonsense')).toBe('invalid_cursor');
  expect(await outcome('another:7')).toMatchObject({ type: 'reset', reason: 'epoch' });
});

test('limits above the maximum are refused, naming it', async () => {
  await using app = await startApp({ limits: { page: 100 } });
  const { chat } = connectHttp(app.httpUrl, 'alice');
  const { conversationId } = await chat.conversations.openDirect.mutate({ userId: 'bob' });
  const { cursor } = await chat.inbox.head.query();
  const refusals = await Promise.all(
    [
      chat.inbox.since.query({ cursor, limit: 101 }),
      chat.conversations.list.query({ limit: 101 }),
      chat.conversations.history.query({ conversationId, limit: 101 }),
    ].map(refusal),
  );
  for (const error of refusals) {
    expect([error.code, error.field, error.detail]).toEqual([
      'invalid_input',
      'limit',
      'must be at most 100 (limits.page)',
    ]);
  }
  for (const limit of [0, -1, 1.5, Number.NaN]) {
    expect((await refusal(chat.conversations.list.query({ limit }))).field).toBe('limit');
  }
});

test('group procedures refuse what is malformed, too much, or not theirs', async () => {
  await using app = await startApp({ limits: { inboxMembers: 3 } });
  const alice = connectHttp(app.httpUrl, 'alice').chat.conversations;
  const mallory = connectHttp(app.httpUrl, 'mallory').chat;
  const { conversationId } = await alice.createGroup.mutate({ title: 'crew', memberIds: ['bob'] });
  const direct = await alice.openDirect.mutate({ userId: 'bob' });
  const cases: [Promise<unknown>, ErrorCode, string][] = [
    [alice.createGroup.mutate({ title: 'x'.repeat(201), memberIds: [] }), 'invalid_input', 'title'],
    [alice.createGroup.mutate({ memberIds: ['bob', 'a b'] }), 'invalid_input', 'memberIds.1'],
    [alice.createGroup.mutate({ memberIds: ['b', 'c', 'd'] }), 'too_many_members', 'memberIds'],
    [alice.addMembers.mutate({ conversationId, memberIds: ['c', 'd'] }), 'too_many_members', 'memberIds'],
    [alice.addMembers.mutate({ conversationId, memberIds: [] }), 'invalid_input', 'memberIds'],
    [
      alice.addMembers.mutate({ conversationId: direct.conversationId, memberIds: ['c'] }),
      'forbidden',
      'conversationId',
    ],
    [alice.openDirect.mutate({ userId: 'alice' }), 'invalid_input', 'userId'],
    [
      connectHttp(app.httpUrl, 'bob').chat.conversations.removeMembers.mutate({ conversationId, memberIds: ['alice'] }),
      'forbidden',
      'memberIds',
    ],
    [
      mallory.conversations.addMembers.mutate({ conversationId, memberIds: ['mallory'] }),
      'not_a_member',
      'conversationId',
    ],
    [mallory.conversations.leave.mutate({ conversationId }), 'not_a_member', 'conversationId'],
    [mallory.conversations.get.query({ conversationId }), 'conversation_not_found', 'conversationId'],
    [mallory.conversations.members.query({ conversationId }), 'conversation_not_found', 'conversationId'],
    [mallory.conversations.history.query({ conversationId }), 'conversation_not_found', 'conversationId'],
    [
      mallory.conversations.history.query({ conversationId: direct.conversationId }),
      'conversation_not_found',
      'conversationId',
    ],
    [mallory.conversations.markRead.mutate({ conversationId, readSeq: 1 }), 'conversation_not_found', 'conversationId'],
    [
      mallory.send.mutate({ conversationId, clientMessageId: 'm', type: 'text', content: { text: 'x' } }),
      'not_a_member',
      'conversationId',
    ],
    [alice.history.query({ conversationId, after: 1, before: 2 }), 'invalid_input', 'before'],
    [alice.list.query({ page: 'nonsense' }), 'invalid_input', 'page'],
  ];
  const refusals = await Promise.all(cases.map(([call]) => refusal(call)));
  expect(refusals.map((error) => [error.code, error.field])).toEqual(cases.map(([, code, field]) => [code, field]));
  expect((await alice.members.query({ conversationId })).members.map((member) => member.userId)).toEqual([
    'alice',
    'bob',
  ]);
});

test('a missing identity is unauthenticated over HTTP, and closes the socket with 4401', async () => {
  await using app = await startApp();
  const error = await connectHttp(app.httpUrl)
    .chat.inbox.head.query()
    .catch((reason: unknown) => reason);
  expect((error as TRPCClientError<never>).data).toMatchObject({ code: 'UNAUTHORIZED' });

  for (const token of ['expired', undefined]) {
    const socket = new WebSocket(`${app.wsUrl}?connectionParams=1`);
    const closed = new Promise<number>((resolve) => socket.on('close', (code) => resolve(code)));
    await new Promise((resolve) => socket.on('open', resolve));
    socket.send(JSON.stringify({ method: 'connectionParams', data: token === undefined ? null : { token } }));
    socket.send(JSON.stringify({ id: 1, method: 'query', params: { path: 'chat.inbox.head' } }));
    expect(await closed).toBe(4401);
  }
});

test('a frame over maxPayload closes that connection with 1009, and the others go on', async () => {
  const storage = memoryStorage();
  await using app = await startApp({
    storage,
    limits: { contentBytes: 2_048, frameBytes: 4_096, parametersBytes: 1_024 },
  });
  await using alice = connectStock(app.wsUrl, 'alice');
  await alice.trpc.chat.inbox.head.query();
  const socket = new WebSocket(`${app.wsUrl}?connectionParams=1`);
  const closed = new Promise<number>((resolve) => socket.on('close', (code) => resolve(code)));
  await new Promise((resolve) => socket.on('open', resolve));
  socket.send('x'.repeat(5_000));
  expect(await closed).toBe(1009);
  await alice.trpc.chat.inbox.head.query();
  await nothingStored(app, storage);
});

test('calls beyond the rate are refused as retryable, batches counted call by call, and the rate recovers', async () => {
  await using app = await startApp({ limits: { callsPerSecond: 0.5, callBurst: 5 } });
  const { chat } = connectHttp(app.httpUrl, 'alice');
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => chat.inbox.head.query()));
  const refused = results.filter((result) => result.status === 'rejected');
  expect(refused.length).toBeGreaterThan(0);
  for (const { reason } of refused as PromiseRejectedResult[]) {
    expect(parseErrorText((reason as Error).message)).toMatchObject({ code: 'rate_limited', policy: 'retry' });
  }
  await connectHttp(app.httpUrl, 'bob').chat.inbox.head.query();
  await eventually('the bucket fills', () => chat.inbox.head.query().catch(() => false));
});

test('what the store says in a defect does not reach the client', async () => {
  const storage = memoryStorage();
  const inbox: InboxStore = Object.create(storage.inbox, {
    bounds: { value: () => Promise.reject(new Error('password=hunter2 at db.internal')) },
  });
  await using app = await startApp({ storage: { ...storage, inbox } });
  const error = await connectHttp(app.httpUrl, 'alice')
    .chat.inbox.head.query()
    .catch((reason: unknown) => reason);
  expect((error as Error).message).toBe('internal error');
});
