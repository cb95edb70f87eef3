import { directConversationId, type HistoryStore, type Storage, UnavailableError } from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { TRPCError } from '@trpc/server';
import { describe, expect, test } from 'vitest';
import { failureOf, openMessaging } from '../support/callers.ts';
import { direct } from '../support/commands.ts';
import { recorded } from '../support/recorded.ts';

const limits = { page: 3, callBurst: 1_000 };

function text(n: number) {
  return { conversationId: direct, clientMessageId: `m${n}`, type: 'text' as const, content: { text: `${n}` } };
}

test('a call that is answered with an error is told with its code, and whose it was', async () => {
  await using app = openMessaging({ limits });
  const refused = recorded(app.messaging, 'refused');
  await failureOf(app.as('').inbox.head());
  await failureOf(app.as('alice').inbox.since({ limit: 4 }));
  await failureOf(app.as('alice').send({ ...text(1), type: 'nothing' as never }));
  await failureOf(app.as('x'.repeat(1_000)).inbox.head());
  await app.as('alice').inbox.head();
  expect(refused).toMatchObject([
    { code: 'unauthenticated' },
    { code: 'invalid_input', userId: 'alice', error: { field: 'limit' } },
    { code: 'unknown_content_type', userId: 'alice' },
    { code: 'internal' },
  ]);
});

describe('pages', () => {
  test.each([
    ['inbox.since', (app: ReturnType<typeof openMessaging>, limit: number) => app.as('alice').inbox.since({ limit })],
    [
      'conversations.list',
      (app: ReturnType<typeof openMessaging>, limit: number) => app.as('alice').conversations.list({ limit }),
    ],
    [
      'conversations.history',
      (app: ReturnType<typeof openMessaging>, limit: number) =>
        app.as('alice').conversations.history({ conversationId: direct, limit }),
    ],
  ])('of %s hold at most limits.page, and asking for more is refused', async (_, ask) => {
    await using app = openMessaging({ limits });
    await app.as('alice').send(text(1));
    await expect(ask(app, 3)).resolves.toBeDefined();
    expect(await failureOf(ask(app, 4))).toEqual({
      code: 'BAD_REQUEST',
      message: 'invalid_input [limit]: must be at most 3 (limits.page)',
    });
    for (const wrong of [0, -1, 1.5]) expect((await failureOf(ask(app, wrong))).message).toContain('[limit]');
  });

  test('are of limits.page where nothing is asked for', async () => {
    await using app = openMessaging({ limits });
    const { cursor } = await app.as('bob').inbox.head();
    for (let n = 1; n <= 4; n++) await app.as('alice').send(text(n));
    const page = await app.as('bob').inbox.since({ cursor });
    expect(page).toMatchObject({
      type: 'entries',
      hasMore: true,
      entries: [{ seq: 1 }, { seq: 2 }, { seq: 3 }],
      head: 5,
    });
    const rest = await app.as('bob').inbox.since({ cursor: page.cursor });
    expect(rest).toMatchObject({ type: 'entries', hasMore: false, entries: [{ seq: 4 }, { seq: 5 }], head: 5 });
    expect(await app.as('bob').inbox.since({ cursor: rest.cursor })).toMatchObject({
      entries: [],
      cursor: rest.cursor,
    });
    const history = await app.as('bob').conversations.history({ conversationId: direct });
    expect(history).toMatchObject({
      hasMore: true,
      events: [{ conversationSeq: 5 }, { conversationSeq: 4 }, { conversationSeq: 3 }],
    });
  });

  test('of the list go on where the page before ended', async () => {
    await using app = openMessaging({ limits });
    const alice = app.as('alice');
    for (const peer of ['p1', 'p2', 'p3', 'p4', 'p5']) await alice.conversations.openDirect({ userId: peer });
    const first = await alice.conversations.list({ limit: 3 });
    const second = await alice.conversations.list({ limit: 3, page: first.nextPage });
    const ids = [...first.conversations, ...second.conversations].map((each) => each.conversationId);
    expect(new Set(ids).size).toBe(5);
    expect([first.nextPage === null, second.nextPage]).toEqual([false, null]);
    expect(await failureOf(alice.conversations.list({ page: 'elsewhere' }))).toMatchObject({ code: 'BAD_REQUEST' });
  });
});

describe('a page of large messages', () => {
  const large = { contentBytes: 10_000, pageBytes: 25_000, callBurst: 1_000 };

  async function openLarge() {
    const asked: { limit: number; bytes: number | undefined; answered: number }[] = [];
    const storage = memoryStorage();
    const history: HistoryStore = {
      ...storage.history,
      range: async (query) => {
        const page = await storage.history.range(query);
        asked.push({ limit: query.limit, bytes: query.bytes, answered: page.events.length });
        return page;
      },
    };
    const app = openMessaging({ limits: large, storage: { ...storage, history } });
    const { cursor } = await app.as('bob').inbox.head();
    // Places and seqs 2 to 7, of a little more than 9 kB each.
    for (let n = 1; n <= 6; n++) await app.as('alice').send({ ...text(n), content: { text: 'x'.repeat(9_000) } });
    return { app, bob: app.as('bob'), cursor, asked };
  }

  test('ends by its bytes, goes on where it ended, and says for certain when nothing is left', async () => {
    const { app, bob, cursor } = await openLarge();
    await using _ = app;
    const pages: number[][] = [];
    for (let at = cursor, more = true; more; ) {
      const page = await bob.inbox.since({ cursor: at });
      if (page.type !== 'entries') throw new Error(page.reason);
      pages.push(page.entries.map((entry) => entry.seq));
      at = page.cursor;
      more = page.hasMore;
    }
    expect(pages).toEqual([
      [1, 2, 3],
      [4, 5],
      [6, 7],
    ]);
  });

  test('does not make the store load what it cannot hold', async () => {
    const { app, bob, asked } = await openLarge();
    await using _ = app;
    const page = await bob.conversations.history({ conversationId: direct, after: 1 });
    expect(page).toMatchObject({ hasMore: true, events: [{ conversationSeq: 2 }, { conversationSeq: 3 }] });
    expect(asked).toEqual([{ limit: 50, bytes: 25_000, answered: 2 }]);
    expect(await bob.conversations.history({ conversationId: direct, after: 5 })).toMatchObject({
      hasMore: false,
      events: [{ conversationSeq: 6 }, { conversationSeq: 7 }],
    });
  });

  test('of the list is bounded by the last messages in it', async () => {
    const { app } = await openLarge();
    await using _ = app;
    const alice = app.as('alice');
    for (const peer of ['p1', 'p2', 'p3']) {
      await alice.send({
        ...text(100),
        conversationId: directConversationId('alice', peer),
        clientMessageId: peer,
        content: { text: 'x'.repeat(9_000) },
      });
    }
    const first = await alice.conversations.list({});
    const second = await alice.conversations.list({ page: first.nextPage });
    expect([first.conversations.length, second.conversations.length, second.nextPage]).toEqual([2, 2, null]);
  });
});

test('members come in pages, in the order in which they joined', async () => {
  await using app = openMessaging({ limits });
  const group = app.as('alice').conversations;
  const { conversationId } = await group.createGroup({ memberIds: ['bob', 'carol'] });
  await group.addMembers({ conversationId, memberIds: ['abel', 'dora'] });
  const first = await group.members({ conversationId });
  const second = await group.members({ conversationId, page: first.nextPage });
  const names = [first, second].map(({ members }) => members.map((member) => member.userId));
  expect(names).toEqual([
    ['alice', 'bob', 'carol'],
    ['abel', 'dora'],
  ]);
  expect(second.nextPage).toBeNull();
  expect(await failureOf(group.members({ conversationId, page: 'elsewhere' }))).toMatchObject({
    message: 'invalid_input [page]: must be the nextPage of an earlier page',
  });
});

describe('who calls', () => {
  test.each([undefined, null, ''])('is asked for: %j is nobody', async (user) => {
    await using app = openMessaging();
    expect(await failureOf(app.as(user).inbox.head())).toMatchObject({
      code: 'UNAUTHORIZED',
      message: expect.stringMatching(/^unauthenticated: /),
    });
  });

  test.each(['two words', 'a,b', 7, {}])(
    'must have an id that fits: %j is for the developers to mend',
    async (user) => {
      await using app = openMessaging();
      expect(await failureOf(app.as(user).inbox.head())).toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
    },
  );

  test('may only call so often', async () => {
    await using app = openMessaging({ limits: { callBurst: 1, callsPerSecond: 0.001 } });
    await app.as('alice').inbox.head();
    expect(await failureOf(app.as('alice').inbox.head())).toMatchObject({
      code: 'TOO_MANY_REQUESTS',
      message: expect.stringMatching(/^rate_limited: /),
    });
    await app.as('bob').inbox.head();
  });
});

describe('a failure', () => {
  function failing(error: unknown): Storage {
    const storage = memoryStorage();
    const bounds = async () => {
      throw error;
    };
    return { ...storage, inbox: { ...storage.inbox, bounds } };
  }

  test('of the store that may pass is retryable, and its words stay on the server', async () => {
    await using app = openMessaging({ storage: failing(new UnavailableError('postgres://secret@host refused')) });
    const { message } = await failureOf(app.as('alice').inbox.head());
    expect(message).toBe('unavailable: the store or the queue cannot be reached');
  });

  test('that is a defect is an internal error, and its words stay on the server', async () => {
    await using app = openMessaging({ storage: failing(new Error('column "secret" does not exist')) });
    expect(await failureOf(app.as('alice').inbox.head())).toEqual({
      code: 'INTERNAL_SERVER_ERROR',
      message: 'internal error',
    });
  });

  test('of the application’s own middleware passes through', async () => {
    await using app = openMessaging({ storage: failing(new TRPCError({ code: 'PAYMENT_REQUIRED', message: 'no' })) });
    expect(await failureOf(app.as('alice').inbox.head())).toEqual({ code: 'PAYMENT_REQUIRED', message: 'no' });
  });
});

test('a call is one step to tRPC, which copies its options at each', async () => {
  await using app = openMessaging();
  const { procedures } = app.router._def as unknown as {
    procedures: Record<string, { _def: { middlewares: unknown[] } }>;
  };
  expect(Object.keys(procedures)).toContain('send');
  for (const [path, { _def }] of Object.entries(procedures)) expect(_def.middlewares, path).toHaveLength(1);
});

test('a clientMessageId that another command of the sender had is refused, naming it', async () => {
  await using app = openMessaging();
  await app.as('alice').conversations.createGroup({ memberIds: ['bob'], commandId: 'c1' });
  const { message } = await failureOf(app.as('alice').send({ ...text(1), clientMessageId: 'c1' }));
  expect(message).toMatch(
    /^command_reused \[clientMessageId\]: was used before, for conversation.created in g:\w+; this is message.send in /,
  );
});

test('a read mark goes no further than the conversation, and never back', async () => {
  await using app = openMessaging();
  await app.as('alice').send(text(1));
  const bob = app.as('bob').conversations;
  expect(await bob.markRead({ conversationId: direct, readSeq: 99 })).toMatchObject({ readSeq: 2 });
  expect(await bob.markRead({ conversationId: direct, readSeq: 1 })).toMatchObject({ readSeq: 2 });
  expect(await bob.get({ conversationId: direct })).toMatchObject({ readSeq: 2, unread: 0 });
});

test('after closing, what would be queued is refused as closing', async () => {
  const app = openMessaging();
  await app.messaging.ready();
  await app.messaging.close();
  const { message } = await failureOf(app.as('alice').send(text(1)));
  expect(message).toMatch(/^closing: /);
});
