import { directConversationId } from '@tidemark/core';
import { describe, expect, it } from 'vitest';
import { memoryLocalStore } from '../src/index.ts';
import { ModelServer } from './support/model-server.ts';
import { type TestClient, testClient, until } from './support/test-client.ts';

const chat = directConversationId('alice', 'bob');
const text = (value: string) => ({ type: 'text', content: { text: value } });

/** Live, with the rows of the chat shown. */
async function lookingAt(client: TestClient, rows: number): Promise<void> {
  client.client.start();
  await until(() => client.seen('live').length === 1);
  client.client.conversation(chat).messages.subscribe(() => undefined);
  await until(() => expect(items(client)).toHaveLength(rows));
}

function items(client: TestClient, conversationId: string = chat) {
  return client.client.conversation(conversationId).messages.getSnapshot().items;
}

function first(client: TestClient) {
  const [item] = items(client);
  if (!item) throw new Error('there is no row');
  return item;
}

/** Of each row, such as `👍 2 mine alice,bob`. */
function shown(client: TestClient, conversationId: string = chat): string[][] {
  return items(client, conversationId).map(({ reactions }) =>
    reactions.map(({ key, count, mine, newest }) => `${key} ${count}${mine ? ' mine' : ''} ${newest.join()}`),
  );
}

function switches(server: ModelServer): string[] {
  return server
    .logOf(chat)
    .flatMap((event) => (event.type === 'reaction.changed' ? [`${event.actorId} ${event.key} ${event.on}`] : []));
}

describe('a reaction of somebody else', () => {
  it('changes its row, in the order in which they came, and is neither a row nor unread', async () => {
    const server = new ModelServer();
    for (const each of ['one', 'two']) server.say('alice', chat, each);
    await using alice = testClient(server, 'alice');
    await lookingAt(alice, 2);
    server.react('bob', chat, 2, '👍');
    server.react('bob', chat, 2, '❤️');
    server.react('bob', chat, 3, '❤️');
    await until(() => expect(shown(alice)).toEqual([['👍 1 bob', '❤️ 1 bob'], ['❤️ 1 bob']]));
    server.react('bob', chat, 2, '👍', false);
    server.react('bob', chat, 2, '👍');
    await until(() => expect(shown(alice)[0]).toEqual(['❤️ 1 bob', '👍 1 bob']));
    expect(alice.client.unread.getSnapshot()).toBe(0);
    expect(alice.seen('message')).toEqual([]);
  });

  it('comes with its message on a page, and after a restart from the local store', async () => {
    const server = new ModelServer();
    const store = memoryLocalStore();
    server.say('bob', chat, 'one');
    server.react('alice', chat, 2, '👍');
    server.react('bob', chat, 2, '👍');
    {
      await using alice = testClient(server, 'alice', { store });
      await lookingAt(alice, 1);
      expect(shown(alice)).toEqual([['👍 2 mine bob,alice']]);
      server.react('bob', chat, 2, '👍', false);
      await until(() => expect(shown(alice)).toEqual([['👍 1 mine alice']]));
    }
    server.disconnect('alice');
    await using again = testClient(server, 'alice', { store });
    again.client.start();
    again.client.conversation(chat).messages.subscribe(() => undefined);
    await until(() => expect(shown(again)).toEqual([['👍 1 mine alice']]));
  });

  it('that a page has already changes nothing, and one that is newer than the page does', async () => {
    const server = new ModelServer();
    for (let n = 2; n <= 20; n++) server.say('bob', chat, `m${n}`);
    server.react('bob', chat, 8, '👍');
    await using alice = testClient(server, 'alice', { pageSize: 4 });
    await lookingAt(alice, 3);
    const { messages } = alice.client.conversation(chat);
    const release = server.hold('history', 'answer');
    const asked = server.callsOf('history').length;
    const loading = messages.loadAround(8);
    await until(() => server.callsOf('history').length > asked);
    server.react('bob', chat, 8, '👍', false);
    server.react('alice', chat, 8, '🎉');
    await until(() => alice.seen('entry').length === 2);
    release();
    await loading;
    const row = () => items(alice).find((item) => item.status === 'stored' && item.conversationSeq === 8);
    expect(row()?.reactions).toMatchObject([{ key: '🎉', count: 1, mine: true, newest: ['alice'] }]);
  });

  it('is one of many: a device keeps the count and its own, and not who else', async () => {
    const server = new ModelServer();
    const users = Array.from({ length: 50 }, (_, nth) => `user${nth}`);
    const group = server.createGroup('alice', users);
    server.say('alice', group, 'one');
    await using alice = testClient(server, 'alice');
    alice.client.start();
    await until(() => alice.seen('live').length === 1);
    alice.client.conversation(group).messages.subscribe(() => undefined);
    await until(() => expect(items(alice, group)).toHaveLength(1));
    const counts: number[] = [];
    alice.client.conversation(group).messages.subscribe(() => {
      counts.push(items(alice, group)[0]?.reactions[0]?.count ?? 0);
    });
    for (const user of users) server.react(user, group, 2, '👍');
    server.react('alice', group, 2, '👍');
    await until(() => expect(shown(alice, group)).toEqual([['👍 51 mine alice,user49,user48']]));
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    const [kept] = await alice.store.events({ conversationId: group as never, after: 1, limit: 1 });
    expect((kept as { registers?: readonly unknown[] }).registers).toHaveLength(2);
  });
});

describe('a reaction of one’s own', () => {
  it('is shown at once, kept, sent, and then there as anybody’s', async () => {
    const server = new ModelServer();
    server.say('bob', chat, 'one');
    server.react('bob', chat, 2, '👍');
    await using alice = testClient(server, 'alice');
    await lookingAt(alice, 1);
    const release = server.hold('react', 'call');
    const { stored } = alice.client.conversation(chat).react(first(alice), '👍');
    expect(shown(alice)).toEqual([['👍 2 mine alice,bob']]);
    expect(first(alice), 'the same object until something changes').toBe(first(alice));
    await until(async () => expect((await alice.store.load()).drafts).toHaveLength(1));
    expect(switches(server)).toEqual(['bob 👍 true']);
    release();
    await stored;
    await until(async () => expect((await alice.store.load()).drafts).toEqual([]));
    expect(shown(alice)).toEqual([['👍 2 mine alice,bob']]);
    alice.client.conversation(chat).react(first(alice), '👍', false);
    expect(shown(alice)).toEqual([['👍 1 bob']]);
    await until(() => expect(switches(server)).toHaveLength(3));
    await until(async () => expect((await alice.store.load()).drafts).toEqual([]));
    expect(shown(alice)).toEqual([['👍 1 bob']]);
  });

  it('waits for a network, over a restart, behind its message', async () => {
    const server = new ModelServer();
    const store = memoryLocalStore();
    server.fail('send', 'unavailable', 1_000);
    {
      await using alice = testClient(server, 'alice', { store });
      await lookingAt(alice, 0);
      const chatWithBob = alice.client.direct('bob');
      const { clientMessageId } = chatWithBob.send(text('one'));
      chatWithBob.react({ senderId: 'alice', clientMessageId }, '🎉');
      chatWithBob.send(text('two'));
      await until(() => alice.seen('queued').length === 3);
      expect(shown(alice)).toEqual([['🎉 1 mine alice'], []]);
    }
    server.heal();
    await using again = testClient(server, 'alice', { store });
    await lookingAt(again, 2);
    await until(() => expect(switches(server)).toEqual(['alice 🎉 true']));
    expect(server.logOf(chat).map((event) => event.type)).toEqual([
      'conversation.created',
      'message.sent',
      'reaction.changed',
      'message.sent',
    ]);
    await until(async () => expect((await store.load()).drafts).toEqual([]));
    expect(shown(again)).toEqual([['🎉 1 mine alice'], []]);
  });

  it('and its opposite cancel out while neither was sent', async () => {
    const server = new ModelServer();
    server.say('bob', chat, 'one');
    await using alice = testClient(server, 'alice');
    await lookingAt(alice, 1);
    server.disconnect('alice');
    const handle = alice.client.conversation(chat);
    const on = handle.react(first(alice), '👍');
    await until(() => expect(alice.seen('queued')).toHaveLength(1));
    const off = handle.react(first(alice), '👍', false);
    handle.react(first(alice), '👎');
    await off.stored;
    await expect(on.stored).rejects.toMatchObject({ name: 'TidemarkError', policy: 'give-up' });
    expect(shown(alice)).toEqual([['👎 1 mine alice']]);
    server.reconnect('alice');
    await until(() => expect(switches(server)).toEqual(['alice 👎 true']));
    expect(server.callsOf('react')).toHaveLength(1);
  });

  it('and its opposite are both sent, in their order, where the first is on its way', async () => {
    const server = new ModelServer();
    server.say('bob', chat, 'one');
    await using alice = testClient(server, 'alice');
    await lookingAt(alice, 1);
    const release = server.hold('react', 'call');
    const handle = alice.client.conversation(chat);
    const on = handle.react(first(alice), '👍');
    await until(() => expect(server.callsOf('react')).toHaveLength(1));
    const off = handle.react(first(alice), '👍', false);
    const again = handle.react(first(alice), '👍', false);
    expect(shown(alice)).toEqual([[]]);
    release();
    await Promise.all([on.stored, off.stored, again.stored]);
    expect(switches(server)).toEqual(['alice 👍 true', 'alice 👍 false']);
    await until(() => expect(shown(alice)).toEqual([[]]));
  });

  it('that is refused for good is shown no more, and says why', async () => {
    const server = new ModelServer();
    server.say('bob', chat, 'one');
    await using alice = testClient(server, 'alice');
    await lookingAt(alice, 1);
    server.fail('react', 'forbidden');
    const release = server.hold('react', 'call');
    const { stored } = alice.client.conversation(chat).react(first(alice), '👍');
    expect(shown(alice)).toEqual([['👍 1 mine alice']]);
    release();
    await expect(stored).rejects.toMatchObject({ code: 'forbidden' });
    await until(() => expect(shown(alice)).toEqual([[]]));
    expect(alice.seen('failed')).toMatchObject([{ error: { code: 'forbidden' } }]);
    await until(async () => expect((await alice.store.load()).drafts).toEqual([]));
    await alice.client.conversation(chat).react(first(alice), '👍').stored;
    await until(() => expect(switches(server)).toEqual(['alice 👍 true']));
  });

  it.each(['call', 'answer'] as const)(
    'that changed nothing takes nothing from the message that is the newest then: its page is read after, or before the %s',
    async (what) => {
      const server = new ModelServer();
      server.say('bob', chat, 'one');
      await using alice = testClient(server, 'alice');
      await lookingAt(alice, 1);
      const release = server.hold('react', 'call');
      const { stored } = alice.client.conversation(chat).react(first(alice), '👍');
      await until(() => expect(server.callsOf('react')).toHaveLength(1));
      server.react('alice', chat, 2, '👍');
      server.say('bob', chat, 'two');
      await until(() => expect(items(alice)).toHaveLength(2));
      const answer = server.hold('history', what);
      const asked = server.callsOf('history').length;
      release();
      await stored;
      await until(() => expect(server.callsOf('history').length).toBeGreaterThan(asked));
      server.react('bob', chat, 4, '❤️');
      await until(() => expect(shown(alice)[1]).toEqual(['❤️ 1 bob']));
      answer();
      await until(async () => expect((await alice.store.load()).drafts).toEqual([]));
      expect(shown(alice)).toEqual([['👍 1 mine alice'], ['❤️ 1 bob']]);
      const [kept] = await alice.store.events({ conversationId: chat, after: 3, limit: 1 });
      expect((kept as { registers?: readonly unknown[] }).registers).toHaveLength(1);
    },
  );

  it('that changes nothing, since another device was faster, is done with its answer', async () => {
    const server = new ModelServer();
    server.say('bob', chat, 'one');
    await using alice = testClient(server, 'alice');
    await lookingAt(alice, 1);
    const release = server.hold('react', 'call');
    const { stored } = alice.client.conversation(chat).react(first(alice), '👍');
    await until(() => expect(server.callsOf('react')).toHaveLength(1));
    server.react('alice', chat, 2, '👍');
    server.say('bob', chat, 'two');
    await until(() => expect(shown(alice)).toEqual([['👍 1 mine alice'], []]));
    release();
    await stored;
    await until(async () => expect((await alice.store.load()).drafts).toEqual([]));
    expect(switches(server)).toEqual(['alice 👍 true']);
    expect(shown(alice)).toEqual([['👍 1 mine alice'], []]);
  });

  it('goes with the draft that it is of, when that is discarded', async () => {
    const server = new ModelServer();
    server.fail('send', 'unavailable', 1_000);
    await using alice = testClient(server, 'alice');
    await lookingAt(alice, 0);
    const chatWithBob = alice.client.direct('bob');
    const { clientMessageId, receipt } = chatWithBob.send(text('one'));
    receipt.catch(() => undefined);
    const { stored } = chatWithBob.react({ senderId: 'alice', clientMessageId }, '👍');
    await until(() => alice.seen('queued').length === 2);
    await alice.client.discard(clientMessageId);
    await expect(stored).rejects.toMatchObject({ code: 'outcome_unknown' });
    expect((await alice.store.load()).drafts).toEqual([]);
    expect(items(alice)).toEqual([]);
  });
});
