import { composeStorage, type Storage, UnavailableError } from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { describe, expect, test } from 'vitest';
import { openMessaging } from '../support/callers.ts';

const text = (words: string) => ({ type: 'text' as const, content: { text: words } });

describe('calls of the application itself', () => {
  test('send in the name of a user, through the same queue, and the same id is one message', async () => {
    await using app = openMessaging();
    const { messaging } = app;
    const order = { as: 'shop', conversationId: 'd:alice,shop', clientMessageId: 'order-17' };
    const receipt = await messaging.send({ ...order, ...text('on its way') });
    expect(receipt).toMatchObject({ senderId: 'shop', clientMessageId: 'order-17', conversationSeq: 2 });
    expect(await messaging.send({ ...order, ...text('on its way') })).toEqual(receipt);
    // Without an id each is a message of its own.
    const others = [await messaging.send({ ...order, clientMessageId: undefined, ...text('one') })];
    const { clientMessageId: _, ...unnamed } = order;
    others.push(await messaging.send({ ...unnamed, ...text('two') }));
    expect(others.map(({ conversationSeq }) => conversationSeq)).toEqual([3, 4]);
    const { conversations } = await app.as('alice').conversations.list({});
    expect(conversations).toMatchObject([{ unread: 3, lastMessage: { senderId: 'shop' } }]);
  });

  test('do all that a user can do, and read what they can read', async () => {
    await using app = openMessaging();
    const { conversations, inbox, edit, send } = app.messaging;
    const { conversationId } = await conversations.createGroup({ as: 'bot', title: 'Crew', memberIds: ['alice'] });
    await conversations.addMembers({ as: 'bot', conversationId, memberIds: ['bob'] });
    const { conversationSeq: seq } = await send({ as: 'bot', conversationId, ...text('hello') });
    await edit({ as: 'bot', conversationId, target: { seq }, ...text('hello, crew') });
    await conversations.markRead({ as: 'alice', conversationId, readSeq: seq });
    expect((await conversations.list({ as: 'alice' })).conversations).toMatchObject([{ unread: 0, title: 'Crew' }]);
    expect((await conversations.versions({ as: 'bob', conversationId, seq })).versions).toHaveLength(2);
    expect((await inbox.head({ as: 'bob' })).cursor).toEqual(expect.any(String));
    expect(await inbox.since({ as: 'bob' })).toMatchObject({ type: 'reset', reason: 'new' });
    expect('feed' in inbox && inbox.feed).toBeFalsy();
  });

  test('keep the rules of the conversation, and name what is wrong', async () => {
    await using app = openMessaging();
    const { messaging } = app;
    const { conversationId } = await messaging.conversations.createGroup({ as: 'alice', memberIds: [] });
    await expect(messaging.send({ as: 'bot', conversationId, ...text('hi') })).rejects.toMatchObject({
      name: 'TidemarkError',
      code: 'not_a_member',
    });
    await expect(messaging.send({ as: '', conversationId, ...text('hi') })).rejects.toMatchObject({
      code: 'invalid_input',
      field: 'as',
    });
    const wrong = { as: 'alice', conversationId, type: 'text', content: { text: 7 } } as never;
    await expect(messaging.send(wrong)).rejects.toMatchObject({ code: 'invalid_content', field: 'content.text' });
    await expect(messaging.send({ as: 'alice', conversationId } as never)).rejects.toMatchObject({
      code: 'invalid_input',
      field: 'type',
    });
  });

  test('are bounded by no rate and no quota, and ask neither authorize nor hooks', async () => {
    const asked: string[] = [];
    await using app = openMessaging({
      limits: { callsPerSecond: 1, callBurst: 1, conversationsPerHour: 1, invitationsPerHour: 1 },
      authorize: (_, { type }) => asked.push(type) > 0,
      hooks: { beforeSend: () => ({ refuse: 'never' }) },
    });
    for (let index = 0; index < 5; index++) {
      await app.messaging.conversations.createGroup({ as: 'bot', memberIds: ['alice'] });
      await app.messaging.send({ as: 'bot', conversationId: 'd:alice,bot', ...text(`${index}`) });
    }
    expect(asked).toEqual([]);
  });

  test('are unavailable while the store is', async () => {
    const { history, inbox } = memoryStorage();
    let isDown = false;
    const storage: Storage = composeStorage({
      history: Object.assign(Object.create(history), {
        conversations: (query: never) =>
          isDown ? Promise.reject(new UnavailableError('down')) : history.conversations(query),
      }),
      inbox,
    });
    await using app = openMessaging({ storage });
    await app.messaging.conversations.list({ as: 'alice' });
    isDown = true;
    await expect(app.messaging.conversations.list({ as: 'alice' })).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a broadcast', () => {
  const news = { id: 'release-2', as: 'news', ...text('2.0 is out') };
  const users = Array.from({ length: 40 }, (_, index) => `user${index}`);

  test('reaches everybody once, also when it is run again after a crash in the middle', async () => {
    await using app = openMessaging();
    const crash = new AbortController();
    const options = { messagesPerSecond: 1_000_000 };
    const first = app.messaging.broadcast(users, news, {
      ...options,
      signal: crash.signal,
      onProgress: (done) => done === 15 && crash.abort(new Error('crashed')),
    });
    await expect(first).rejects.toThrow('crashed');
    const progress: number[] = [];
    const report = await app.messaging.broadcast(users, news, {
      ...options,
      onProgress: (done) => progress.push(done),
    });
    expect(report).toEqual({ reached: 40, failed: [] });
    expect(progress).toEqual(users.map((_, index) => index + 1));
    for (const user of users) {
      const { conversations } = await app.messaging.conversations.list({ as: user });
      expect(conversations).toMatchObject([{ unread: 1, lastMessage: { content: { text: '2.0 is out' } } }]);
    }
    // Another broadcast is another message.
    await app.messaging.broadcast(['user0'], { ...news, id: 'release-3' });
    expect((await app.messaging.conversations.list({ as: 'user0' })).conversations).toMatchObject([{ unread: 2 }]);
  });

  test('goes on past users to whom it cannot be sent, and says who and why', async () => {
    await using app = openMessaging();
    const { reached, failed } = await app.messaging.broadcast(['alice', 'not a user', 'news', 'bob'], news);
    expect(reached).toBe(2);
    expect(failed).toMatchObject([
      { userId: 'not a user', error: { code: 'invalid_input' } },
      { userId: 'news', error: { code: 'invalid_input' } },
    ]);
  });

  test('tries again what passes, and keeps its pace', async () => {
    const storage = memoryStorage();
    let refusals = 3;
    const commit: Storage['commit'] = (batch) =>
      refusals-- > 0 ? Promise.reject(new UnavailableError('restarting')) : storage.commit(batch);
    await using app = openMessaging({ storage: { ...storage, commit } as Storage });
    const began = performance.now();
    const report = await app.messaging.broadcast(users.slice(0, 5), news, { messagesPerSecond: 20 });
    expect(report).toEqual({ reached: 5, failed: [] });
    expect(performance.now() - began).toBeGreaterThanOrEqual(200);
  });

  test.each([
    ['id', { ...news, id: '' }, {}],
    ['as', { ...news, as: 'not a user' }, {}],
    ['messagesPerSecond', news, { messagesPerSecond: 0 }],
  ])('names the field that is wrong: %s', async (field, message, options) => {
    await using app = openMessaging();
    await expect(app.messaging.broadcast(['alice'], message, options)).rejects.toMatchObject({
      code: 'invalid_input',
      field,
    });
  });
});
