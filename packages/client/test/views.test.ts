import { directConversationId } from '@tidemark/core';
import { describe, expect, it } from 'vitest';
import { memoryLocalStore } from '../src/index.ts';
import { ModelServer } from './support/model-server.ts';
import { type TestClient, testClient, until } from './support/test-client.ts';

const chat = directConversationId('alice', 'bob');

async function startLive(client: TestClient): Promise<void> {
  client.client.start();
  await until(() => client.seen('live').length === 1);
}

function list(client: TestClient): string[] {
  return client.client.conversations.getSnapshot().map(({ conversationId, unread }) => `${conversationId} ${unread}`);
}

function firstIn(client: TestClient) {
  const [item] = client.client.conversations.getSnapshot();
  if (!item) throw new Error('the list is empty');
  return item;
}

describe('the list of conversations', () => {
  it('is sorted by newest activity and counts what others wrote above the read mark', async () => {
    const server = new ModelServer();
    const carol = directConversationId('alice', 'carol');
    server.say('bob', chat, 'one');
    server.say('carol', carol, 'two');
    await using alice = testClient(server, 'alice');
    await startLive(alice);
    expect(list(alice)).toEqual([`${carol} 1`, `${chat} 1`]);
    server.say('bob', chat, 'three');
    server.say('alice', chat, 'from my other device');
    await until(() => expect(list(alice)).toEqual([`${chat} 2`, `${carol} 1`]));
    expect(firstIn(alice).lastMessage).toMatchObject({ type: 'text', content: { text: 'from my other device' } });
    expect(alice.client.unread.getSnapshot()).toBe(3);
  });

  it('gives the same objects for what did not change', async () => {
    const server = new ModelServer();
    server.say('bob', chat, 'one');
    server.say('carol', directConversationId('alice', 'carol'), 'two');
    await using alice = testClient(server, 'alice');
    await startLive(alice);
    const before = alice.client.conversations.getSnapshot();
    expect(alice.client.conversations.getSnapshot()).toBe(before);
    let changes = 0;
    const unsubscribe = alice.client.conversations.subscribe(() => (changes += 1));
    server.voidEntry('alice');
    await until(() => alice.seen('entry').length === 1);
    expect(alice.client.conversations.getSnapshot()).toBe(before);
    server.say('carol', directConversationId('alice', 'carol'), 'three');
    await until(() => alice.seen('entry').length === 2);
    const after = alice.client.conversations.getSnapshot();
    expect(after).not.toBe(before);
    expect(after[1]).toBe(before[1]);
    expect(after[0]).not.toBe(before[0]);
    unsubscribe();
    const told = changes;
    server.say('bob', chat, 'four');
    await until(() => alice.seen('entry').length === 3);
    expect(changes).toBe(told);
  });

  it('does not count again an event that the snapshot has counted already', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice');
    const release = server.hold('list', 'call');
    alice.client.start();
    // After the reset and before the list is made: in the summary, and in the feed behind the reset.
    await until(() => server.callsOf('list').length === 1);
    server.say('bob', chat, 'one');
    server.say('bob', chat, 'two');
    release();
    await until(() => alice.seen('message').length === 2);
    expect(list(alice)).toEqual([`${chat} 2`]);
    server.say('bob', chat, 'three');
    await until(() => expect(list(alice)).toEqual([`${chat} 3`]));
  });

  it('shows a group one is added to, with what the event alone does not tell, and drops one that one is removed from', async () => {
    const server = new ModelServer();
    const group = server.createGroup('bob', ['carol'], 'Sailing');
    server.say('bob', group, 'before');
    await using alice = testClient(server, 'alice');
    await startLive(alice);
    server.fail('get', 'unavailable');
    server.changeMembers('members.added', 'bob', group, ['alice']);
    server.say('bob', group, 'welcome');
    await until(() => expect(list(alice)).toEqual([`${group} 1`]));
    expect(firstIn(alice)).toMatchObject({ kind: 'group', title: 'Sailing', peer: null });

    const { messages } = alice.client.conversation(group);
    messages.subscribe(() => undefined);
    await until(() => expect(alice.shown(group)).toEqual(['welcome']));
    server.changeMembers('members.removed', 'bob', group, ['alice']);
    await until(() => expect(list(alice)).toEqual([]));
    expect(alice.shown(group)).toEqual(['welcome']);
    server.say('bob', group, 'after');
    server.say('bob', chat, 'psst');
    await until(() => alice.seen('message').length === 2);
    expect(alice.shown(group)).toEqual(['welcome']);
  });

  it('takes a group off again when the one who was added has left before its details came', async () => {
    const server = new ModelServer();
    const group = server.createGroup('bob', [], 'Brief');
    await using alice = testClient(server, 'alice');
    await startLive(alice);
    server.fail('get', 'unavailable', 3);
    server.changeMembers('members.added', 'bob', group, ['alice']);
    server.changeMembers('members.removed', 'bob', group, ['alice']);
    await until(() => alice.seen('entry').length === 2);
    expect(list(alice)).toEqual([]);
    expect((await alice.store.load()).conversations).toMatchObject([
      { conversationId: group, member: false, stale: null },
    ]);
  });

  it('creates groups, changes their members and leaves', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice');
    await startLive(alice);
    server.fail('command', 'socket', 2);
    const { conversationId } = await alice.client.createGroup({ title: 'Tea', memberIds: ['bob'] });
    await until(() => expect(firstIn(alice)).toMatchObject({ conversationId, title: 'Tea' }));
    const group = alice.client.conversation(conversationId);
    await group.addMembers(['carol']);
    await group.removeMembers(['bob']);
    expect((await group.members()).map((member) => member.userId)).toEqual(['alice', 'carol']);
    await group.leave();
    await until(() => expect(list(alice)).toEqual([]));
    server.fail('command', 'forbidden');
    await expect(group.addMembers(['bob'])).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('read marks', () => {
  it('lower the count at once, reach the server, and are sent again until it has taken them', async () => {
    const server = new ModelServer();
    for (const each of ['one', 'two', 'three']) server.say('bob', chat, each);
    await using alice = testClient(server, 'alice');
    await startLive(alice);
    server.fail('markRead', 'socket', 2);
    await alice.client.conversation(chat).markRead();
    expect(alice.client.unread.getSnapshot()).toBe(0);
    await until(() => server.callsOf('markRead').length === 3);
    await until(async () =>
      expect((await alice.store.load()).conversations[0]).toMatchObject({ unsentReadSeq: null, readSeq: 4 }),
    );
    // Marking the same or less again asks nobody.
    await alice.client.conversation(chat).markRead(2);
    expect(server.callsOf('markRead')).toHaveLength(3);
  });

  it('survive a restart that comes before the server has them', async () => {
    const server = new ModelServer();
    const store = memoryLocalStore();
    server.say('bob', chat, 'one');
    {
      await using alice = testClient(server, 'alice', { store, backoff: { baseMs: 60_000, capMs: 60_000 } });
      await startLive(alice);
      server.fail('markRead', 'socket');
      await alice.client.conversation(chat).markRead();
    }
    await using again = testClient(server, 'alice', { store });
    await startLive(again);
    await until(() => again.seen('entry').some(({ event }) => event?.type === 'read.marked'));
    expect(server.callsOf('markRead')).toHaveLength(2);
  });

  it('count nothing of an earlier stay', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice');
    await startLive(alice);
    const group = server.createGroup('bob', ['alice']);
    for (const each of ['one', 'two', 'three']) server.say('bob', group, each);
    server.changeMembers('members.removed', 'bob', group, ['alice']);
    server.changeMembers('members.added', 'bob', group, ['alice']);
    server.say('bob', group, 'four');
    await until(() => expect(list(alice)).toEqual([`${group} 1`]));
    // Of another device, and late: it tells of the stay before.
    server.markRead('alice', group, 2);
    await until(() => alice.seen('entry').some(({ event }) => event?.type === 'read.marked'));
    expect(list(alice)).toEqual([`${group} 1`]);
  });

  it('that were not sent yet end with the membership, and the server says how far was read after a re-add', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice');
    await startLive(alice);
    const group = server.createGroup('bob', ['alice']);
    for (const each of ['one', 'two', 'three']) server.say('bob', group, each);
    await until(() => expect(list(alice)).toEqual([`${group} 3`]));
    server.fail('markRead', 'unavailable', 1_000);
    await alice.client.conversation(group).markRead();
    server.changeMembers('members.removed', 'bob', group, ['alice']);
    await until(() => expect(list(alice)).toEqual([]));
    server.heal();
    server.changeMembers('members.added', 'bob', group, ['alice']);
    server.say('bob', group, 'four');
    await until(() => expect(list(alice)).toEqual([`${group} 1`]));
    await until(async () =>
      expect((await alice.store.load()).conversations[0]).toMatchObject({
        unsentReadSeq: null,
        readSeq: 0,
        stale: null,
      }),
    );
  });

  it('that the server refuses for good give way to its own', async () => {
    const server = new ModelServer();
    for (const each of ['one', 'two', 'three']) server.say('bob', chat, each);
    await using alice = testClient(server, 'alice');
    await startLive(alice);
    server.fail('markRead', 'not_a_member');
    await alice.client.conversation(chat).markRead();
    expect(alice.client.unread.getSnapshot()).toBe(0);
    await until(() => expect(list(alice)).toEqual([`${chat} 3`]));
    await until(async () =>
      expect((await alice.store.load()).conversations[0]).toMatchObject({
        unsentReadSeq: null,
        readSeq: 0,
        stale: null,
      }),
    );
  });

  it('of another device lower the count, from local messages when they are here', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice');
    await startLive(alice);
    for (const each of ['one', 'two', 'three']) server.say('bob', chat, each);
    await until(() => expect(list(alice)).toEqual([`${chat} 3`]));
    server.markRead('alice', chat, 3);
    await until(() => expect(list(alice)).toEqual([`${chat} 1`]));
    expect(server.callsOf('get')).toEqual([]);
    expect(list(alice).some((line) => line.startsWith('u:'))).toBe(false);
  });

  it('of another device make the client ask when the messages above the mark are not all here', async () => {
    const server = new ModelServer();
    for (const each of ['one', 'two', 'three']) server.say('bob', chat, each);
    await using alice = testClient(server, 'alice');
    await startLive(alice);
    expect(list(alice)).toEqual([`${chat} 3`]);
    server.fail('get', 'unavailable');
    server.markRead('alice', chat, 3);
    await until(() => expect(list(alice)).toEqual([`${chat} 1`]));
    expect(server.callsOf('get')).toHaveLength(2);
  });

  it('count what came in while the client was asking', async () => {
    const server = new ModelServer();
    for (const each of ['one', 'two', 'three']) server.say('bob', chat, each);
    await using alice = testClient(server, 'alice');
    await startLive(alice);
    const release = server.hold('get');
    server.markRead('alice', chat, 3);
    await until(() => server.callsOf('get').length === 1);
    server.say('bob', chat, 'four');
    server.say('alice', chat, 'five');
    await until(() => alice.seen('message').length === 2);
    release();
    await until(() => expect(list(alice)).toEqual([`${chat} 2`]));
  });

  it('do not count a message twice that history brought before the feed', async () => {
    const server = new ModelServer();
    for (const each of ['one', 'two']) server.say('bob', chat, each);
    await using alice = testClient(server, 'alice');
    await startLive(alice);
    server.dropFrames(1);
    server.say('bob', chat, 'three');
    await alice.client.conversation(chat).messages.loadOlder();
    expect(alice.shown(chat)).toEqual(['one', 'two', 'three']);
    await alice.client.conversation(chat).markRead(2);
    expect(list(alice)).toEqual([`${chat} 1`]);
    server.voidEntry('alice');
    await until(() => expect(list(alice)).toEqual([`${chat} 2`]));
  });
});

describe('the messages of a conversation', () => {
  it('load the newest page for the first subscriber and older ones on demand, each once', async () => {
    const server = new ModelServer();
    const said = Array.from({ length: 25 }, (_, index) => `m${index}`);
    for (const each of said) server.say('bob', chat, each);
    await using alice = testClient(server, 'alice', { pageSize: 10 });
    await startLive(alice);
    const { messages } = alice.client.conversation(chat);
    expect(messages.getSnapshot()).toMatchObject({ items: [], hasOlder: true, loading: false });
    messages.subscribe(() => undefined);
    expect(messages.getSnapshot().loading).toBe(true);
    await until(() => expect(alice.shown(chat)).toEqual(said.slice(15)));
    await Promise.all([messages.loadOlder(), messages.loadOlder()]);
    expect(alice.shown(chat)).toEqual(said.slice(5));
    expect(messages.getSnapshot().hasOlder).toBe(true);
    await messages.loadOlder();
    expect(alice.shown(chat)).toEqual(said);
    expect(messages.getSnapshot()).toMatchObject({
      hasOlder: false,
      hasNewer: false,
      loading: false,
      loaded: true,
      gap: null,
    });
    await messages.loadOlder();
    expect(server.callsOf('history')).toHaveLength(3);
  });

  it('come from the local store when they are there, also after a restart and without a network', async () => {
    const server = new ModelServer();
    const store = memoryLocalStore();
    const said = Array.from({ length: 12 }, (_, index) => `m${index}`);
    {
      await using alice = testClient(server, 'alice', { store });
      await startLive(alice);
      for (const each of said) server.say('bob', chat, each);
      await until(() => alice.seen('message').length === 12);
    }
    server.disconnect('alice');
    await using again = testClient(server, 'alice', { store, pageSize: 5 });
    again.client.start();
    const { messages } = again.client.conversation(chat);
    messages.subscribe(() => undefined);
    await until(() => expect(again.shown(chat)).toEqual(said.slice(7)));
    await messages.loadOlder();
    await messages.loadOlder();
    expect(again.shown(chat)).toEqual(said);
    expect(server.callsOf('history')).toEqual([]);
  });

  it('stay whole when live messages arrive while the first page is on its way', async () => {
    const server = new ModelServer();
    for (const each of ['one', 'two', 'three']) server.say('bob', chat, each);
    await using alice = testClient(server, 'alice', { pageSize: 2 });
    await startLive(alice);
    const release = server.hold('history');
    const { messages } = alice.client.conversation(chat);
    messages.subscribe(() => undefined);
    await until(() => server.callsOf('history').length === 1);
    for (const each of ['four', 'five', 'six']) server.say('bob', chat, each);
    await until(() => alice.seen('message').length === 3);
    release();
    await until(() => messages.getSnapshot().loading === false);
    while (messages.getSnapshot().hasOlder) await messages.loadOlder();
    expect(alice.shown(chat)).toEqual(['one', 'two', 'three', 'four', 'five', 'six']);
  });

  it('do not join a page that was read before a reset to what came after it', async () => {
    const server = new ModelServer();
    for (const each of ['one', 'two', 'three']) server.say('bob', chat, each);
    await using alice = testClient(server, 'alice', { pageSize: 2 });
    await startLive(alice);
    const release = server.hold('history');
    const { messages } = alice.client.conversation(chat);
    const loading = messages.loadOlder();
    await until(() => server.callsOf('history').length === 1);
    server.endFeeds('alice', new Error('unavailable: the node went away'));
    for (const each of ['four', 'five']) server.say('bob', chat, each);
    server.expireInbox('alice');
    await until(() => alice.seen('live').length === 2);
    server.say('bob', chat, 'six');
    await until(() => alice.seen('message').length === 1);
    release();
    await loading;
    while (messages.getSnapshot().hasOlder) await messages.loadOlder();
    expect(alice.shown(chat)).toEqual(['one', 'two', 'three', 'four', 'five', 'six']);
  });

  it('are read anew after a reset while somebody looks', async () => {
    const server = new ModelServer();
    server.say('bob', chat, 'one');
    await using alice = testClient(server, 'alice');
    await startLive(alice);
    alice.client.conversation(chat).messages.subscribe(() => undefined);
    await until(() => expect(alice.shown(chat)).toEqual(['one']));
    server.disconnect('alice');
    server.say('bob', chat, 'two');
    server.expireInbox('alice');
    server.reconnect('alice');
    await until(() => expect(alice.shown(chat)).toEqual(['one', 'two']));
  });

  it('tell of a gap while newer events are known and not here', async () => {
    const server = new ModelServer();
    for (const each of ['a', 'b', 'c']) server.say('bob', chat, each);
    await using alice = testClient(server, 'alice');
    await startLive(alice);
    const { messages } = alice.client.conversation(chat);
    server.say('bob', chat, 'd');
    await until(() => alice.seen('message').length === 1);
    // The frame of 'e' is lost, and what would pull it fails; but the count that has to be fetched tells of 'e'.
    server.fail('since', 'unavailable', 1_000);
    server.dropFrames(1);
    server.say('bob', chat, 'e');
    await alice.client.conversation(chat).markRead(3);
    await until(() => expect(list(alice)).toEqual([`${chat} 3`]));
    expect(messages.getSnapshot().gap).toEqual({ after: 5, upTo: 6 });
    server.heal();
    await until(() => expect(messages.getSnapshot().gap).toBeNull());
    expect(list(alice)).toEqual([`${chat} 3`]);
  });

  it('of a conversation that does not exist yet are none, and begin with the first message', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice');
    await startLive(alice);
    const { messages } = alice.client.direct('bob');
    messages.subscribe(() => undefined);
    await until(() => messages.getSnapshot().loading === false);
    expect(messages.getSnapshot()).toEqual({
      items: [],
      hasOlder: false,
      hasNewer: false,
      loading: false,
      loaded: true,
      gap: null,
    });
    server.say('bob', chat, 'hi');
    await until(() => expect(alice.shown(chat)).toEqual(['hi']));
    expect(messages.getSnapshot().hasOlder).toBe(false);
  });

  it('keep their objects while others are added', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice');
    await startLive(alice);
    const { messages } = alice.client.conversation(chat);
    messages.subscribe(() => undefined);
    server.say('bob', chat, 'one');
    await until(() => expect(alice.shown(chat)).toEqual(['one']));
    const before = messages.getSnapshot();
    expect(messages.getSnapshot()).toBe(before);
    server.say('bob', chat, 'two');
    await until(() => expect(alice.shown(chat)).toEqual(['one', 'two']));
    expect(messages.getSnapshot().items[0]).toBe(before.items[0]);
  });

  it('are kept for the conversations left last, let go for others, and complete when somebody looks again', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice');
    await startLive(alice);
    const others = Array.from({ length: 8 }, (_, index) => directConversationId('alice', `friend-${index}`));
    for (const [index, each] of others.entries()) server.say(`friend-${index}`, each, 'hello');
    server.say('bob', chat, 'one');
    await until(() => alice.seen('message').length === 9);
    async function visit(conversationId: string, texts: string[]): Promise<void> {
      const stop = alice.client.conversation(conversationId).messages.subscribe(() => undefined);
      await until(() => expect(alice.shown(conversationId)).toEqual(texts));
      stop();
    }
    await visit(chat, ['one']);
    for (const each of others.slice(1)) await visit(each, ['hello']);
    server.say('bob', chat, 'two');
    await until(() => alice.seen('message').length === 10);
    expect(alice.shown(chat)).toEqual(['one', 'two']);
    await visit(others[0] as string, ['hello']);
    expect(alice.shown(chat)).toEqual([]);
    await visit(chat, ['one', 'two']);
  });

  it('reject loadOlder with the error of the table when the server refuses', async () => {
    const server = new ModelServer();
    server.createGroup('bob', ['carol']);
    const group = server.createGroup('bob', ['carol']);
    await using alice = testClient(server, 'alice');
    await startLive(alice);
    await expect(alice.client.conversation(group).messages.loadOlder()).rejects.toMatchObject({ code: 'not_a_member' });
  });
});

describe('the state of the connection', () => {
  it('goes from connecting over catching up to live, and back when the socket drops', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice');
    expect(alice.client.connection.getSnapshot()).toEqual({ state: 'stopped' });
    await startLive(alice);
    server.disconnect('alice');
    await until(() => alice.client.connection.getSnapshot().state === 'connecting');
    server.reconnect('alice');
    await until(() => alice.client.connection.getSnapshot().state === 'live');
    expect(alice.seen('connection').map(({ state }) => state)).toEqual([
      'connecting',
      'catching-up',
      'live',
      'connecting',
      'catching-up',
      'live',
    ]);
  });
});

describe('signing out', () => {
  it('erases everything of this user and nothing of another', async () => {
    const server = new ModelServer();
    const store = memoryLocalStore();
    server.say('bob', chat, 'one');
    {
      await using bob = testClient(server, 'bob', { store });
      await startLive(bob);
    }
    await using alice = testClient(server, 'alice', { store });
    await startLive(alice);
    await alice.client.erase();
    await store.open(alice.client.userId);
    expect(await store.load()).toEqual({ cursor: null, conversations: [], drafts: [] });
    await store.open('bob' as typeof alice.client.userId);
    expect((await store.load()).conversations).toHaveLength(1);
  });
});
