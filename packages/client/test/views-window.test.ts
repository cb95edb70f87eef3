import { directConversationId } from '@tidemark/core';
import { describe, expect, it } from 'vitest';
import { memoryLocalStore } from '../src/index.ts';
import { ModelServer } from './support/model-server.ts';
import { type TestClient, testClient, until } from './support/test-client.ts';

const chat = directConversationId('alice', 'bob');
/** Ten pages. */
const PAGE = 4;
const WINDOW = 10 * PAGE;

async function live(client: TestClient): Promise<void> {
  client.client.start();
  await until(() => client.seen('live').length === 1);
}

/** `count` messages from bob, named by their conversationSeq: the first is 2, after the creation. */
function say(server: ModelServer, count: number): void {
  for (let index = 0; index < count; index += 1) server.say('bob', chat, 'hi');
}

/** One more message comes while alice is away for so long that she has to begin with a snapshot. */
async function resetAfterOneMore(server: ModelServer, alice: TestClient): Promise<void> {
  server.endFeeds('alice', new Error('unavailable: the node went away'));
  say(server, 1);
  server.expireInbox('alice');
  await until(() => alice.seen('reset').length === 2);
}

function open(alice: TestClient) {
  const { messages } = alice.client.conversation(chat);
  return {
    messages,
    /** First and last conversationSeq shown, after a check that nothing between is missing or twice. */
    shown: (): [number, number] | null => {
      const seqs = messages
        .getSnapshot()
        .items.map((item) => (item.status === 'stored' ? (item.conversationSeq as number) : 0))
        .filter((seq) => seq > 0);
      const [first, last] = [seqs[0], seqs.at(-1)];
      if (first === undefined || last === undefined) return null;
      expect(seqs).toEqual(Array.from({ length: last - first + 1 }, (_, index) => first + index));
      return [first, last];
    },
    beyond: () => {
      const { hasOlder, hasNewer } = messages.getSnapshot();
      return { hasOlder, hasNewer };
    },
  };
}

describe('the window of a conversation’s messages', () => {
  it('moves both ways without growing beyond ten pages', async () => {
    const server = new ModelServer();
    say(server, 100);
    await using alice = testClient(server, 'alice', { pageSize: PAGE });
    await live(alice);
    const { messages, shown, beyond } = open(alice);
    messages.subscribe(() => undefined);
    await until(() => expect(shown()).toEqual([98, 101]));
    for (let page = 1; page < 10; page += 1) await messages.loadOlder();
    expect(shown()).toEqual([62, 101]);
    expect(beyond()).toEqual({ hasOlder: true, hasNewer: false });
    await messages.loadOlder();
    expect(shown()).toEqual([58, 97]);
    expect(beyond()).toEqual({ hasOlder: true, hasNewer: true });
    while (beyond().hasOlder) await messages.loadOlder();
    expect(shown()).toEqual([2, WINDOW + 1]);
    const asked = server.callsOf('history').length;
    while (beyond().hasNewer) await messages.loadNewer();
    expect(shown()).toEqual([62, 101]);
    expect(beyond()).toEqual({ hasOlder: true, hasNewer: false });
    await messages.loadNewer();
    expect(shown()).toEqual([62, 101]);
    // All of it is in the local store by now.
    expect(server.callsOf('history')).toHaveLength(asked);
  });

  it('takes live messages at its newest end, and lets the oldest go', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice', { pageSize: PAGE });
    await live(alice);
    const { messages, shown, beyond } = open(alice);
    messages.subscribe(() => undefined);
    await until(() => messages.getSnapshot().loaded);
    say(server, WINDOW + PAGE);
    await until(() => expect(shown()).toEqual([2, WINDOW + PAGE + 1]));
    say(server, 1);
    await until(() => expect(shown()).toEqual([PAGE + 3, WINDOW + PAGE + 2]));
    expect(beyond()).toEqual({ hasOlder: true, hasNewer: false });
    await messages.loadOlder();
    expect(shown()?.[0]).toBe(3);
  });

  it('stays at the newest end of a conversation that was opened before anything was said in it', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice', { pageSize: PAGE });
    await live(alice);
    const group = server.createGroup('bob', ['alice']);
    await until(() => alice.seen('entry').length === 1);
    const { messages } = alice.client.conversation(group);
    messages.subscribe(() => undefined);
    await until(() => messages.getSnapshot().loaded);
    for (let index = 1; index <= WINDOW + PAGE + 1; index += 1) server.say('bob', group, `word ${index}`);
    await until(() => alice.seen('message').length === WINDOW + PAGE + 1);
    expect(messages.getSnapshot().hasNewer).toBe(false);
    expect(messages.getSnapshot().items.at(-1)).toMatchObject({ content: { text: `word ${WINDOW + PAGE + 1}` } });
  });

  it('stays where somebody reads old messages, says that there are newer ones, and goes back to them', async () => {
    const server = new ModelServer();
    say(server, 60);
    await using alice = testClient(server, 'alice', { pageSize: PAGE });
    await live(alice);
    const { messages, shown, beyond } = open(alice);
    messages.subscribe(() => undefined);
    await until(() => expect(shown()).toEqual([58, 61]));
    for (let page = 0; page < 12; page += 1) await messages.loadOlder();
    const before = shown();
    say(server, 3);
    await until(() => alice.seen('message').length === 3);
    alice.client.conversation(chat).send({ type: 'text', content: { text: 'from here' } });
    await until(() => alice.seen('message').length === 4);
    expect(shown()).toEqual(before);
    expect(beyond().hasNewer).toBe(true);
    await messages.loadNewest();
    expect(shown()).toEqual([62, 65]);
    expect(beyond()).toEqual({ hasOlder: true, hasNewer: false });
    say(server, 1);
    await until(() => expect(shown()).toEqual([62, 66]));
  });

  it('does not push away what somebody reads at the old end when it is just full', async () => {
    const server = new ModelServer();
    say(server, WINDOW + 10);
    await using alice = testClient(server, 'alice', { pageSize: PAGE });
    await live(alice);
    const { messages, shown, beyond } = open(alice);
    messages.subscribe(() => undefined);
    await until(() => expect(shown()).not.toBeNull());
    for (let page = 1; page < 10; page += 1) await messages.loadOlder();
    const oldest = shown()?.[0];
    say(server, 3 * PAGE);
    await until(() => alice.seen('message').length === 3 * PAGE);
    expect(shown()?.[0]).toBe(oldest);
    expect(beyond().hasNewer).toBe(true);
    while (beyond().hasNewer) await messages.loadNewer();
    expect(shown()?.[1]).toBe(WINDOW + 11 + 3 * PAGE);
  });

  it('shows drafts only where it reaches to the newest message', async () => {
    const server = new ModelServer();
    say(server, 60);
    await using alice = testClient(server, 'alice', { pageSize: PAGE });
    await live(alice);
    const { messages } = open(alice);
    messages.subscribe(() => undefined);
    await messages.loadAround(10);
    server.hold('send', 'call');
    alice.client.conversation(chat).send({ type: 'text', content: { text: 'draft' } });
    const statuses = () => messages.getSnapshot().items.map((item) => item.status);
    expect(statuses()).not.toContain('pending');
    await messages.loadNewest();
    expect(statuses().at(-1)).toBe('pending');
  });
});

describe('messages around another one', () => {
  it('are found far from what is local, and lead on in both directions', async () => {
    const server = new ModelServer();
    say(server, 100);
    await using alice = testClient(server, 'alice', { pageSize: PAGE });
    await live(alice);
    const { messages, shown, beyond } = open(alice);
    messages.subscribe(() => undefined);
    await until(() => expect(shown()).toEqual([98, 101]));
    await messages.loadAround(30);
    expect(shown()).toEqual([29, 32]);
    expect(beyond()).toEqual({ hasOlder: true, hasNewer: true });
    await messages.loadOlder();
    await messages.loadNewer();
    expect(shown()).toEqual([25, 36]);
    while (beyond().hasNewer) await messages.loadNewer();
    expect(shown()?.[1]).toBe(101);
    say(server, 1);
    await until(() => expect(shown()?.[1]).toBe(102));
    await messages.loadAround(3);
    while (beyond().hasOlder) await messages.loadOlder();
    expect(shown()?.[0]).toBe(2);
  });

  it('leave the window alone when that one is in it, and ask nobody', async () => {
    const server = new ModelServer();
    say(server, 20);
    await using alice = testClient(server, 'alice', { pageSize: PAGE });
    await live(alice);
    const { messages, shown } = open(alice);
    messages.subscribe(() => undefined);
    await until(() => expect(shown()).toEqual([18, 21]));
    const { items } = messages.getSnapshot();
    await messages.loadAround(19);
    expect(messages.getSnapshot().items).toEqual(items);
    expect(server.callsOf('history')).toHaveLength(1);
  });

  it('come from the local store when they are there, without a network', async () => {
    const server = new ModelServer();
    const store = memoryLocalStore();
    {
      await using alice = testClient(server, 'alice', { store });
      await live(alice);
      say(server, 100);
      await until(() => alice.seen('message').length === 100);
    }
    server.disconnect('alice');
    await using again = testClient(server, 'alice', { store, pageSize: PAGE });
    again.client.start();
    const { messages, shown, beyond } = open(again);
    await messages.loadAround(50);
    expect(shown()).toEqual([49, 52]);
    expect(beyond()).toEqual({ hasOlder: true, hasNewer: true });
    while (beyond().hasNewer) await messages.loadNewer();
    expect(shown()?.[1]).toBe(101);
    expect(server.callsOf('history')).toEqual([]);
  });

  it('are none beyond the newest: the newest are shown', async () => {
    const server = new ModelServer();
    say(server, 20);
    await using alice = testClient(server, 'alice', { pageSize: PAGE });
    await live(alice);
    const { messages, shown, beyond } = open(alice);
    await messages.loadAround(500);
    expect(shown()?.[1]).toBe(21);
    expect(beyond().hasNewer).toBe(false);
  });

  it('fail with the error of the table and leave what is shown', async () => {
    const server = new ModelServer();
    say(server, 100);
    await using alice = testClient(server, 'alice', { pageSize: PAGE });
    await live(alice);
    const { messages, shown } = open(alice);
    messages.subscribe(() => undefined);
    await until(() => expect(shown()).toEqual([98, 101]));
    server.fail('history', 'unavailable', 2);
    await expect(messages.loadAround(30)).rejects.toMatchObject({ code: 'unavailable' });
    expect(shown()).toEqual([98, 101]);
    expect(messages.getSnapshot().loading).toBe(false);
  });

  it('are read again when a reset comes while they are read', async () => {
    const server = new ModelServer();
    say(server, 100);
    await using alice = testClient(server, 'alice', { pageSize: PAGE });
    await live(alice);
    const { messages, shown } = open(alice);
    messages.subscribe(() => undefined);
    await until(() => expect(shown()).toEqual([98, 101]));
    const release = server.hold('history');
    const loading = messages.loadAround(30);
    await until(() => server.callsOf('history').length === 3);
    await resetAfterOneMore(server, alice);
    release();
    await loading;
    expect(shown()).toEqual([29, 32]);
  });

  it('stay when a reset comes while somebody reads them', async () => {
    const server = new ModelServer();
    say(server, 100);
    await using alice = testClient(server, 'alice', { pageSize: PAGE });
    await live(alice);
    const { messages, shown, beyond } = open(alice);
    messages.subscribe(() => undefined);
    await messages.loadAround(30);
    expect(shown()).toEqual([29, 32]);
    await resetAfterOneMore(server, alice);
    await until(() => expect(shown()).toEqual([30, 33]));
    expect(beyond()).toEqual({ hasOlder: true, hasNewer: true });
    await messages.loadNewest();
    expect(shown()).toEqual([99, 102]);
  });
});

describe('handles', () => {
  it('are the same object while somebody has them or looks, and their messages go when nobody does', async () => {
    const server = new ModelServer();
    say(server, 10);
    await using alice = testClient(server, 'alice', { pageSize: PAGE });
    await live(alice);
    const handle = alice.client.conversation(chat);
    expect(alice.client.conversation(chat)).toBe(handle);
    const stop = handle.messages.subscribe(() => undefined);
    await until(() => expect(open(alice).shown()).toEqual([8, 11]));
    stop();
    // Looked at last, so still here; after eight others no longer.
    expect(handle.messages.getSnapshot().loaded).toBe(true);
    for (let index = 0; index < 8; index += 1) {
      await alice.client.direct(`other-${index}`).messages.loadOlder();
    }
    expect(handle.messages.getSnapshot()).toMatchObject({ items: [], loaded: false });
    expect(alice.client.conversation(chat)).toBe(handle);
  });

  it('of conversations that failed to load are loaded when the server can be asked again', async () => {
    const server = new ModelServer();
    say(server, 10);
    await using alice = testClient(server, 'alice', { pageSize: PAGE });
    await live(alice);
    const { messages, shown } = open(alice);
    server.disconnect('alice');
    messages.subscribe(() => undefined);
    await until(() => messages.getSnapshot().loading === false);
    expect(messages.getSnapshot()).toMatchObject({ items: [], loaded: false });
    server.endFeeds('alice', new Error('unavailable: the node went away'));
    server.reconnect('alice');
    await until(() => expect(shown()).toEqual([8, 11]));
  });
});
