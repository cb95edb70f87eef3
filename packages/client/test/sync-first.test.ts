import { directConversationId } from '@tidemark/core';
import { describe, expect, it } from 'vitest';
import { memoryLocalStore } from '../src/index.ts';
import { ModelServer } from './support/model-server.ts';
import { type TestClient, testClient, until } from './support/test-client.ts';

const bob = directConversationId('alice', 'bob');
const withUser = (index: number) => directConversationId('alice', `user-${index}`);

/** A server on which alice has that many conversations, and bob's is the oldest. */
function serverWith(conversations: number): ModelServer {
  const server = new ModelServer();
  server.say('bob', bob, 'one');
  for (let index = 1; index < conversations; index += 1) server.say(`user-${index}`, withUser(index), 'hi');
  return server;
}

function listed({ client }: TestClient): number {
  return client.conversations.getSnapshot().length;
}

async function live(client: TestClient, times = 1): Promise<void> {
  await until(() => client.seen('live').length >= times);
}

/** Holds the list's answers from the second page on, once the first was shown. */
async function stopAfterFirstPage(server: ModelServer, alice: TestClient): Promise<() => void> {
  const first = server.hold('list');
  alice.client.start();
  await until(() => server.callsOf('list').length === 1);
  first();
  const rest = server.hold('list');
  await until(() => listed(alice) > 0);
  return rest;
}

/** How long the list was at each change of it. */
function lengths(alice: TestClient): number[] {
  const seen: number[] = [];
  alice.client.conversations.subscribe(() => seen.push(listed(alice)));
  return seen;
}

describe('the first sync of a device', () => {
  it('shows the newest conversations after one request, and the rest as it comes', async () => {
    const server = serverWith(17);
    await using alice = testClient(server, 'alice');
    const release = await stopAfterFirstPage(server, alice);
    expect(listed(alice)).toBe(5);
    expect(alice.client.unread.getSnapshot()).toBe(5);
    expect(alice.client.conversations.getSnapshot()[0]).toMatchObject({ conversationId: withUser(16), unread: 1 });
    expect((await alice.store.load()).cursor).toBeNull();
    const seen = lengths(alice);
    release();
    await live(alice);
    expect(seen).toEqual([10, 15, 17]);
    expect((await alice.store.load()).cursor).toBe(server.head('alice'));
  });

  it('says nothing of a conversation that a link opened before it is known, least of all that all of it was read', async () => {
    const server = serverWith(12);
    await using alice = testClient(server, 'alice');
    const answer = server.hold('get');
    const release = await stopAfterFirstPage(server, alice);
    const { item, messages } = alice.client.conversation(bob);
    const unread: (number | undefined)[] = [];
    item.subscribe(() => unread.push(item.getSnapshot()?.unread));
    messages.subscribe(() => undefined);
    await until(() => expect(alice.shown(bob)).toEqual(['one']));
    expect(item.getSnapshot()).toBeNull();
    // It is asked for, and need not wait for its page of the list.
    answer();
    await until(() => expect(item.getSnapshot()).toMatchObject({ unread: 1, readSeq: 0 }));
    release();
    await live(alice);
    expect(item.getSnapshot()).toMatchObject({ unread: 1 });
    expect(unread.filter((count) => count !== undefined && count !== 1)).toEqual([]);
  });

  it('begins again after a crash in its midst, and shows what it had until then', async () => {
    const server = serverWith(12);
    const store = memoryLocalStore();
    {
      await using alice = testClient(server, 'alice', { store });
      await stopAfterFirstPage(server, alice);
    }
    server.heal();
    server.hold('list')();
    server.say('user-3', withUser(3), 'meanwhile');
    await using again = testClient(server, 'alice', { store });
    const seen = lengths(again);
    again.client.start();
    await live(again);
    expect(seen.filter((length) => length < 5)).toEqual([]);
    expect(listed(again)).toBe(12);
    expect(again.client.unread.getSnapshot()).toBe(13);
    expect(again.seen('reset').map(({ reason }) => reason)).toEqual(['new']);
    expect((await store.load()).cursor).toBe(server.head('alice'));
  });

  it('goes on with the page that failed', async () => {
    const server = serverWith(12);
    await using alice = testClient(server, 'alice');
    const release = await stopAfterFirstPage(server, alice);
    const before = server.callsOf('list').length;
    server.disconnect('alice');
    release();
    server.reconnect('alice');
    await live(alice);
    expect(listed(alice)).toBe(12);
    const pages = server.callsOf('list').slice(before) as { page?: string }[];
    expect(pages.map(({ page }) => page)).toEqual(['5', '10']);
  });

  it('counts once what comes in between its pages, also when that moves a conversation over them', async () => {
    const server = serverWith(12);
    await using alice = testClient(server, 'alice');
    const release = await stopAfterFirstPage(server, alice);
    // From the last page to the front, where the next page no longer looks.
    server.say('bob', bob, 'two');
    server.say('user-11', withUser(11), 'hi again');
    server.say('zoe', directConversationId('alice', 'zoe'), 'new here');
    release();
    await live(alice);
    await until(() => expect(listed(alice)).toBe(13));
    await until(() => expect(alice.client.unread.getSnapshot()).toBe(15));
    expect(alice.client.conversation(bob).item.getSnapshot()).toMatchObject({ unread: 2 });
  });

  it('keeps what was loaded of a conversation meanwhile, and misses nothing after it', async () => {
    const server = serverWith(12);
    await using alice = testClient(server, 'alice');
    const release = await stopAfterFirstPage(server, alice);
    const { messages } = alice.client.conversation(bob);
    messages.subscribe(() => undefined);
    await until(() => expect(alice.shown(bob)).toEqual(['one']));
    server.say('bob', bob, 'two');
    release();
    await live(alice);
    await until(() => expect(alice.shown(bob)).toEqual(['one', 'two']));
    await until(() => expect(listed(alice)).toBe(12));
    expect(alice.client.conversation(bob).item.getSnapshot()).toMatchObject({ unread: 2 });
    expect(server.callsOf('history')).toHaveLength(1);
  });

  it('does not take for whole a page of messages that was read before it and arrives after it', async () => {
    const server = serverWith(2);
    await using alice = testClient(server, 'alice');
    const list = server.hold('list', 'call');
    const history = server.hold('history');
    alice.client.start();
    const loading = alice.client.conversation(bob).messages.loadOlder();
    await until(() => server.callsOf('history').length === 1 && server.callsOf('list').length === 1);
    // Another world as far as the client can tell: its reset comes after these, and they are in no feed.
    server.say('bob', bob, 'two');
    server.disconnect('alice');
    expect(await loading.catch((error: { code: string }) => error.code)).toBe('outcome_unknown');
    list();
    history();
    const late = server.hold('history');
    server.expireInbox('alice');
    server.reconnect('alice');
    await live(alice);
    const again = alice.client.conversation(bob).messages.loadOlder();
    await until(() => server.callsOf('history').length === 2);
    server.say('bob', bob, 'three');
    server.endFeeds('alice', new Error('unavailable: the node went away'));
    server.expireInbox('alice');
    await live(alice, 2);
    late();
    await again;
    server.say('bob', bob, 'four');
    await until(() => alice.seen('message').some(({ content }) => 'text' in content && content.text === 'four'));
    const { messages } = alice.client.conversation(bob);
    while (messages.getSnapshot().hasOlder) await messages.loadOlder();
    expect(alice.shown(bob)).toEqual(['one', 'two', 'three', 'four']);
  });
});

describe('a reset of a device that has synced before', () => {
  it('leaves its list as it is until all of the new one is here', async () => {
    const server = serverWith(12);
    await using alice = testClient(server, 'alice');
    alice.client.start();
    await live(alice);
    server.disconnect('alice');
    server.say('user-3', withUser(3), 'missed');
    server.say('zoe', directConversationId('alice', 'zoe'), 'new here');
    server.expireInbox('alice');
    const seen = lengths(alice);
    const cursor = (await alice.store.load()).cursor;
    const release = server.hold('list');
    server.reconnect('alice');
    await until(() => server.callsOf('list').length === 5);
    expect((await alice.store.load()).cursor).toBe(cursor);
    expect(seen).toEqual([]);
    release();
    await live(alice, 2);
    expect(seen).toEqual([13]);
    expect(alice.client.unread.getSnapshot()).toBe(14);
  });
});

describe('catching up', () => {
  async function progress(server: ModelServer): Promise<(number | null)[]> {
    server.say('bob', bob, 'before');
    await using alice = testClient(server, 'alice', { queueLimit: 5 });
    alice.client.start();
    await live(alice);
    server.disconnect('alice');
    for (let index = 0; index < 23; index += 1) server.say('bob', bob, `m${index}`);
    const seen: (number | null)[] = [];
    alice.client.connection.subscribe(() => {
      const now = alice.client.connection.getSnapshot();
      if (now.state === 'catching-up' && now.missing !== seen.at(-1)) seen.push(now.missing);
    });
    server.reconnect('alice');
    await live(alice, 2);
    expect(alice.seen('connection').map(({ state }) => state)).toEqual([
      'connecting',
      'catching-up',
      'live',
      'connecting',
      'catching-up',
      'live',
    ]);
    return seen;
  }

  it('says how many entries are missing, down to none', async () => {
    const seen = await progress(new ModelServer());
    const numbers = seen.filter((missing) => missing !== null);
    expect(numbers[0]).toBe(23);
    expect(numbers.length).toBeGreaterThan(3);
    expect(numbers).toEqual([...numbers].sort((a, b) => b - a));
  });

  it('gives no number that its server does not know', async () => {
    const server = new ModelServer();
    server.tellsHeads = false;
    expect(await progress(server)).toEqual([null]);
  });
});
