import { composeStorage, type Storage, selfConversationId, UnavailableError } from '@tidemark/core';
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

  test('send to a user by name, and in reply', async () => {
    await using app = openMessaging();
    const { send } = app.messaging;
    const receipt = await send({ as: 'shop', to: 'alice', ...text('Your order is on its way') });
    expect(receipt).toMatchObject({ conversationId: 'd:alice,shop', conversationSeq: 2 });
    const replyTo = { seq: receipt.conversationSeq };
    const { conversationId } = receipt;
    const reply = await send({ as: 'shop', to: 'alice', replyTo, ...text('It is here') });
    const { events } = await app
      .as('alice')
      .conversations.history({ conversationId, after: reply.conversationSeq - 1 });
    expect(events).toMatchObject([{ replyTo }]);
    const both = { as: 'shop', to: 'alice', conversationId, ...text('?') } as never;
    await expect(send(both)).rejects.toMatchObject({ code: 'invalid_input', field: 'to' });
    const nobody = { as: 'shop', ...text('?') } as never;
    await expect(send(nobody)).rejects.toMatchObject({ code: 'invalid_input', field: 'conversationId' });
    await expect(send({ as: 'shop', to: 'a b', ...text('?') })).rejects.toMatchObject({ field: 'to' });
  });

  test('with a privilege are those of a member who may do what an owner may, and nobody becomes one by it', async () => {
    await using app = openMessaging();
    const { messaging } = app;
    const { conversationId } = await messaging.conversations.createGroup({ as: 'alice', memberIds: ['bob'] });
    const police = { as: 'police', conversationId } as const;
    const privileged = true;
    const said = await messaging.send({ as: 'bob', conversationId, ...text('an insult') });
    const target = { seq: said.conversationSeq };
    // Each is refused without it.
    const calls = {
      send: (given: { privileged?: true }) => messaging.send({ ...police, ...given, replyTo: target, ...text('Stop') }),
      react: (given: { privileged?: true }) => messaging.react({ ...police, ...given, target, key: '👎' }),
      pin: (given: { privileged?: true }) => messaging.pin({ ...police, ...given, target }),
      revoke: (given: { privileged?: true }) => messaging.revoke({ ...police, ...given, targets: [target] }),
      add: (given: { privileged?: true }) =>
        messaging.conversations.addMembers({ ...police, ...given, memberIds: ['carol'] }),
      remove: (given: { privileged?: true }) =>
        messaging.conversations.removeMembers({ ...police, ...given, memberIds: ['bob'] }),
    };
    for (const call of Object.values(calls)) {
      await expect(call({})).rejects.toMatchObject({ code: 'not_a_member' });
      await call({ privileged });
    }
    const alice = app.as('alice').conversations;
    const { events, registers } = await alice.history({ conversationId });
    expect(events.map(({ type, actorId }) => [type, actorId])).toEqual([
      ['members.removed', 'police'],
      ['members.added', 'police'],
      ['message.revoked', 'police'],
      ['pin.changed', 'police'],
      ['reaction.changed', 'police'],
      ['message.sent', 'police'],
      ['message.erased', 'bob'],
      ['conversation.created', 'alice'],
    ]);
    expect(registers).toMatchObject([{ name: 'revoked', value: { by: 'police' } }]);
    expect((await alice.members({ conversationId })).members.map(({ userId }) => userId)).toEqual(['alice', 'carol']);
    // Of whom nothing is read.
    expect((await messaging.conversations.list({ as: 'police' })).conversations).toEqual([]);
  });

  test('with a privilege edit their own messages, and reach neither what is not there nor what users have alone', async () => {
    await using app = openMessaging();
    const { messaging } = app;
    const privileged = true;
    const { conversationId } = await messaging.send({ as: 'alice', to: 'bob', ...text('hi') });
    const draft = { as: 'bot', conversationId, clientMessageId: 'b1', privileged, ...text('Mind the gap') } as const;
    const notice = await messaging.send(draft);
    expect(await messaging.send(draft)).toEqual(notice);
    const target = { seq: notice.conversationSeq };
    const edit = { as: 'bot', conversationId, target, privileged, ...text('Mind the step') } as const;
    await messaging.edit(edit);
    await messaging.edit(edit);
    expect(
      (await messaging.conversations.versions({ as: 'bob', conversationId, seq: target.seq })).versions,
    ).toMatchObject([{ version: 3 }, { version: 2 }, { version: 1 }]);
    const theirs = { ...edit, target: { seq: target.seq - 1 } };
    await expect(messaging.edit(theirs)).rejects.toMatchObject({ code: 'forbidden' });
    await messaging.revoke({ as: 'bot', conversationId, targets: [theirs.target], privileged });
    const elsewhere = ['d:carol,dave', 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV', selfConversationId('alice')];
    await messaging.conversations.markRead({ as: 'alice', conversationId, readSeq: target.seq });
    for (const where of elsewhere) {
      const sent = messaging.send({ as: 'bot', conversationId: where, privileged, ...text('?') });
      await expect(sent).rejects.toMatchObject({ code: 'not_a_member' });
    }
    const wrong = { ...draft, privileged: 'yes' } as never;
    await expect(messaging.send(wrong)).rejects.toMatchObject({ code: 'invalid_input', field: 'privileged' });
    const read = { as: 'bot', conversationId, privileged } as never;
    await expect(messaging.conversations.get(read)).rejects.toMatchObject({ code: 'invalid_input' });
    // A client has no such field.
    const client = app.as('carol').send({ conversationId, clientMessageId: 'c1', privileged, ...text('?') } as never);
    await expect(client).rejects.toThrow(/invalid_input.*privileged/);
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
