import { directConversationId, type UserId } from '@tidemark/core';
import { describe, expect, it } from 'vitest';
import { endsWithin } from '../../../../test/support/patience.ts';
import { type Connection, DraftDiscardedError } from '../../src/index.ts';
import { ModelServer } from '../support/model-server.ts';
import { until } from '../support/test-client.ts';
import { type Tab, TabWorld } from './tab-world.ts';

const chat = directConversationId('alice', 'bob');
const text = (value: string) => ({ type: 'text', content: { text: value } });

function stored(server: ModelServer): string[] {
  return server.messagesIn(chat).map((event) => String(event.message.content.text));
}

async function openTabs(world: TabWorld, count: number): Promise<Tab[]> {
  const first = world.open();
  await until(() => first.leads && first.seen('live').length > 0);
  const others = Array.from({ length: count - 1 }, () => world.open());
  await until(() => others.every((tab) => tab.client.connection.getSnapshot().state === 'live'));
  return [first, ...others];
}

function pair(tabs: readonly Tab[]): [Tab, Tab] {
  const [leader, follower] = tabs;
  if (!leader || !follower) throw new Error('two tabs were asked for');
  return [leader, follower];
}

/** Somebody looks at the conversation. */
function look(...tabs: readonly Tab[]): void {
  for (const { client } of tabs) client.conversation(chat).messages.subscribe(() => undefined);
}

describe('several tabs', () => {
  it('have one connection and one feed between them, and all show what comes in', async () => {
    const server = new ModelServer();
    await using world = new TabWorld(server);
    const tabs = await openTabs(world, 3);
    look(...tabs);
    server.say('bob', chat, 'hello');
    for (const tab of tabs) {
      await until(() => expect(tab.shown(chat)).toEqual(['hello']));
      await until(() => expect(tab.client.unread.getSnapshot()).toBe(1));
    }
    expect(tabs.map((tab) => tab.socket)).toEqual(['open', 'idle', 'idle']);
    expect(server.feeds.size).toBe(1);
    expect(tabs.map((tab) => tab.writes > 0)).toEqual([true, false, false]);
  });

  it('notify once of a message, and show the leader’s connection in all', async () => {
    const server = new ModelServer();
    await using world = new TabWorld(server);
    const tabs = await openTabs(world, 3);
    for (const each of ['one', 'two']) server.say('bob', chat, each);
    await until(() => tabs.every((tab) => tab.client.unread.getSnapshot() === 2));
    expect(tabs.map((tab) => tab.seen('message').length)).toEqual([2, 0, 0]);
    server.disconnect('alice');
    await until(() => tabs.every((tab) => tab.client.connection.getSnapshot().state === 'connecting'));
    server.reconnect('alice');
    await until(() => tabs.every((tab) => tab.client.connection.getSnapshot().state === 'live'));
  });

  it('end the wait of the leader’s connection when a person asks for it in a tab that follows', async () => {
    const server = new ModelServer();
    await using world = new TabWorld(server);
    const hurried: string[] = [];
    const open = (name: string) => {
      const connection: Connection = {
        getSnapshot: () => ({ state: 'open' }),
        subscribe: () => () => undefined,
        open: () => hurried.push(`${name} open`),
        retryNow: () => hurried.push(`${name} retry`),
        renew: () => undefined,
        close: async () => undefined,
      };
      return world.open({ connection });
    };
    const first = open('leader');
    await until(() => first.leads);
    const second = open('follower');
    await until(() => second.client.connection.getSnapshot().state === 'live');
    hurried.length = 0;
    await second.client.reconnect();
    expect(hurried).toEqual(['leader open', 'leader retry']);
  });

  it('send through the leader: the receipt resolves in the tab that called send, and no tab shows it twice', async () => {
    const server = new ModelServer();
    await using world = new TabWorld(server);
    const [leader, follower] = pair(await openTabs(world, 2));
    look(leader, follower);
    const release = server.hold('send', 'call');
    const { receipt, clientMessageId } = follower.client.direct('bob').send(text('hello'));
    expect(follower.shown(chat)).toEqual(['hello (pending)']);
    await until(() => expect(leader.shown(chat)).toEqual(['hello (pending)']));
    const keys: string[][] = [];
    for (const { client } of [leader, follower]) {
      const { messages } = client.conversation(chat);
      messages.subscribe(() => keys.push(messages.getSnapshot().items.map((item) => item.key)));
    }
    release();
    expect(await receipt).toMatchObject({ clientMessageId, conversationId: chat });
    for (const tab of [leader, follower]) await until(() => expect(tab.shown(chat)).toEqual(['hello']));
    expect(new Set(keys.map((each) => each.join()))).toEqual(new Set([`alice/${clientMessageId}`]));
    expect(stored(server)).toEqual(['hello']);
    expect((await world.store.inner.load()).drafts).toEqual([]);
    // The feed brought it; nothing had to be fetched.
    expect(server.callsOf('history').filter((input) => 'after' in (input as object))).toEqual([]);
  });

  it('keep the order of one tab’s messages while two tabs send at once', async () => {
    const server = new ModelServer();
    await using world = new TabWorld(server);
    const tabs = await openTabs(world, 2);
    const sends = tabs.flatMap((tab) =>
      Array.from({ length: 10 }, (_, i) => tab.client.direct('bob').send(text(`${tab.name}: ${i}`)).receipt),
    );
    await Promise.all(sends);
    for (const { name } of tabs) {
      expect(stored(server).filter((each) => each.startsWith(name))).toEqual(
        Array.from({ length: 10 }, (_, i) => `${name}: ${i}`),
      );
    }
  });

  it('fail, retry and discard from any tab', async () => {
    const server = new ModelServer();
    await using world = new TabWorld(server);
    const [leader, follower] = pair(await openTabs(world, 2));
    look(leader, follower);
    server.fail('send', 'forbidden');
    const refused = follower.client.direct('bob').send(text('refused'));
    await expect(refused.receipt).rejects.toMatchObject({ code: 'forbidden' });
    for (const tab of [leader, follower]) await until(() => expect(tab.shown(chat)).toEqual(['refused (failed)']));
    expect([leader, follower].map((tab) => tab.seen('failed').length)).toEqual([1, 1]);
    await follower.client.retry(refused.clientMessageId);
    for (const tab of [leader, follower]) await until(() => expect(tab.shown(chat)).toEqual(['refused']));
    const release = server.hold('send', 'call');
    const [held, waiting] = [text('held'), text('waiting')].map((each) => leader.client.direct('bob').send(each));
    if (!held || !waiting) throw new Error('both were sent');
    await until(() => expect(follower.shown(chat)).toEqual(['refused', 'held (pending)', 'waiting (pending)']));
    await follower.client.discard(waiting.clientMessageId);
    await expect(waiting.receipt).rejects.toBeInstanceOf(DraftDiscardedError);
    release();
    await held.receipt;
    for (const tab of [leader, follower]) await until(() => expect(tab.shown(chat)).toEqual(['refused', 'held']));
    expect((await world.store.inner.load()).drafts).toEqual([]);
  });

  it('read, load history and manage groups from a tab that follows', async () => {
    const server = new ModelServer();
    for (let i = 1; i <= 30; i += 1) server.say('bob', chat, `${i}`);
    await using world = new TabWorld(server);
    const [leader, follower] = pair(await openTabs(world, 2));
    await until(() => expect(follower.client.unread.getSnapshot()).toBe(30));
    look(follower);
    await until(() => expect(follower.shown(chat)).toHaveLength(30));
    await follower.client.conversation(chat).markRead();
    expect(follower.client.unread.getSnapshot()).toBe(0);
    expect(leader.client.unread.getSnapshot()).toBe(0);
    await until(() => server.callsOf('markRead').length === 1);
    const { conversationId } = await follower.client.createGroup({ title: 'us', memberIds: ['bob'] });
    expect((await follower.client.conversation(conversationId).members()).map((each) => each.userId)).toContain('bob');
    server.fail('command', 'not_a_member');
    await expect(follower.client.createGroup({ memberIds: ['bob'] })).rejects.toMatchObject({ code: 'not_a_member' });
    expect(follower.writes).toBe(0);
  });

  it('have a new leader within a second of the crash of the one before, which goes on where that one was', async () => {
    const server = new ModelServer();
    await using world = new TabWorld(server);
    const [leader, follower] = pair(await openTabs(world, 2));
    look(follower);
    const release = server.hold('send', 'call');
    const { receipt } = follower.client.direct('bob').send(text('sent by the next leader'));
    await until(() => server.callsOf('send').length === 1);
    leader.crash();
    release();
    server.say('bob', chat, 'meanwhile');
    await endsWithin(1_000, receipt);
    await until(() => expect(follower.shown(chat).sort()).toEqual(['meanwhile', 'sent by the next leader']));
    expect(follower.leads).toBe(true);
    expect(follower.socket).toBe('open');
    expect(server.messagesIn(chat)).toHaveLength(2);
    // The one that crashed read its answer; the other read it from its own call.
    expect(follower.seen('reset')).toHaveLength(0);
  });

  it('hand over without a pause when the leader is closed, and do not load anything anew', async () => {
    const server = new ModelServer();
    server.say('bob', chat, 'before');
    await using world = new TabWorld(server);
    const [leader, follower] = pair(await openTabs(world, 2));
    look(follower);
    await until(() => expect(follower.shown(chat)).toEqual(['before']));
    const seen: number[] = [];
    const { messages } = follower.client.conversation(chat);
    messages.subscribe(() => seen.push(messages.getSnapshot().items.length));
    const list = follower.client.conversations.getSnapshot();
    await leader.client.close();
    await until(() => follower.leads && follower.client.connection.getSnapshot().state === 'live');
    expect(follower.client.conversations.getSnapshot()).toBe(list);
    server.say('bob', chat, 'after');
    await until(() => expect(follower.shown(chat)).toEqual(['before', 'after']));
    expect(seen.every((count) => count >= 1)).toBe(true);
    expect(server.callsOf('list')).toHaveLength(1);
  });

  it('ask the next leader what the last one was asked and did not answer, once', async () => {
    const server = new ModelServer();
    server.say('bob', chat, 'unread');
    await using world = new TabWorld(server);
    const [leader, follower] = pair(await openTabs(world, 2));
    server.hold('command', 'answer');
    const created = follower.client.createGroup({ title: 'once', memberIds: ['bob'] });
    await until(() => server.callsOf('command').length === 1);
    const release = server.hold('command', 'call');
    leader.crash();
    await until(() => server.callsOf('command').length === 2);
    release();
    const { conversationId } = await created;
    const [first, second] = server.callsOf('command') as { commandId: string }[];
    expect(second?.commandId).toBe(first?.commandId);
    await until(() => {
      const groups = follower.client.conversations.getSnapshot().filter((each) => each.kind === 'group');
      expect(groups.map((each) => each.conversationId)).toEqual([conversationId]);
    });
  });

  it('find in the store what they did not hear, and show nothing anew for it', async () => {
    const server = new ModelServer();
    server.say('bob', chat, 'one');
    await using world = new TabWorld(server);
    const [leader, follower] = pair(await openTabs(world, 2));
    look(leader, follower);
    await until(() => expect(follower.shown(chat)).toEqual(['one']));
    follower.deafen();
    server.say('bob', chat, 'two');
    const missed = leader.client.direct('bob').send(text('three'));
    await missed.receipt;
    await until(() => expect(leader.shown(chat)).toEqual(['one', 'two', 'three']));
    follower.hear();
    expect(follower.shown(chat)).toEqual(['one']);
    const seen: number[] = [];
    const { messages } = follower.client.conversation(chat);
    messages.subscribe(() => seen.push(messages.getSnapshot().items.length));
    server.say('bob', chat, 'four');
    await until(() => expect(follower.shown(chat)).toEqual(['one', 'two', 'three', 'four']));
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(1);
    expect(follower.client.unread.getSnapshot()).toBe(leader.client.unread.getSnapshot());
  });

  it('settle a receipt of which the news was missed', async () => {
    const server = new ModelServer();
    await using world = new TabWorld(server);
    const [leader, follower] = pair(await openTabs(world, 2));
    look(leader, follower);
    const { receipt } = follower.client.direct('bob').send(text('hello'));
    follower.deafen();
    await until(() => expect(leader.shown(chat)).toEqual(['hello']));
    follower.hear();
    server.say('bob', chat, 'more');
    expect(await receipt).toMatchObject({ conversationId: chat });
    await until(() => expect(follower.shown(chat)).toEqual(['hello', 'more']));
  });

  it('take over from a leader that is frozen, and it writes nothing when it wakes', async () => {
    const server = new ModelServer();
    await using world = new TabWorld(server);
    // Waits pass fifty times as fast.
    const fast = { now: () => Date.now(), monotonic: () => performance.now() * 50 };
    const clock = {
      ...fast,
      sleep: (ms: number, signal?: AbortSignal) =>
        new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms / 50);
          signal?.addEventListener('abort', () => {
            clearTimeout(timer);
            resolve();
          });
          if (signal?.aborted) resolve();
        }),
    };
    const leader = world.open({ clock });
    await until(() => leader.leads);
    const follower = world.open({ clock });
    await until(() => follower.client.connection.getSnapshot().state === 'live');
    leader.freeze();
    server.say('bob', chat, 'while it was frozen');
    const created = follower.client.createGroup({ title: 'g', memberIds: ['bob'] });
    await until(() => follower.leads);
    await created;
    await until(() => expect(follower.client.unread.getSnapshot()).toBe(1));
    const before = leader.writes;
    leader.thaw();
    await until(() => expect(leader.seen('role').map((each) => each.role)).toEqual(['leader', 'follower']));
    server.say('bob', chat, 'after');
    await until(() => expect(follower.client.unread.getSnapshot()).toBe(2));
    await until(() => expect(leader.client.unread.getSnapshot()).toBe(2));
    expect(leader.writes).toBe(before);
    expect(leader.socket).toBe('closed');
    const { receipt } = leader.client.direct('bob').send(text('from the one that followed'));
    await receipt;
  });

  it('are all signed out when one of them is: nothing is left, and nothing is written afterwards', async () => {
    const server = new ModelServer();
    server.say('bob', chat, 'secret');
    await using world = new TabWorld(server);
    const [leader, follower] = pair(await openTabs(world, 2));
    look(leader, follower);
    server.hold('send', 'call');
    const { receipt } = leader.client.direct('bob').send(text('never'));
    await until(() => server.callsOf('send').length === 1);
    const lost = expect(receipt).rejects.toBeInstanceOf(DraftDiscardedError);
    await follower.client.erase();
    await lost;
    expect(leader.seen('erased')).toEqual([{ by: 'another-tab' }]);
    expect(follower.seen('erased')).toEqual([{ by: 'this-tab' }]);
    expect(leader.client.connection.getSnapshot()).toMatchObject({ state: 'signed-out', cause: { reason: 'nobody' } });
    expect(leader.client.conversations.getSnapshot()).toEqual([]);
    expect(leader.client.unread.getSnapshot()).toBe(0);
    expect(leader.shown(chat)).toEqual([]);
    expect(leader.socket).toBe('closed');
    server.say('bob', chat, 'later');
    expect(() => leader.client.direct('bob').send(text('x'))).toThrow('closing');
    await world.store.inner.open('alice' as UserId);
    expect(await world.store.inner.load()).toEqual({ cursor: null, conversations: [], drafts: [] });
  });

  it('believe nothing that another page of the origin says in their form: what is malformed stops nobody', async () => {
    const server = new ModelServer();
    await using world = new TabWorld(server);
    const [leader, follower] = pair(await openTabs(world, 2));
    const malformed = [
      { type: 'leading', connection: null, receipts: 7 },
      { type: 'connection' },
      { type: 'connection', state: { state: 7 } },
      { type: 'changes' },
      { type: 'changes', changes: { conversations: [null], events: [{ conversationId: 3 }] } },
      { type: 'changes', changes: { events: 'all', putDrafts: [{}], cursor: {} } },
      { type: 'sent', receipt: undefined },
      { type: 'progress', clientMessageId: null },
      { type: 'event', event: { type: 'no such event' } },
      { type: 'event', event: { type: 'erased', detail: { by: 'another-tab' } } },
      { type: 'changes', changes: { conversations: [{ conversationId: chat, unread: 99 }], events: [] } },
      { type: 'changes', changes: { replace: true, conversations: [], events: [{ conversationId: chat }] } },
      { type: 'event' },
      { type: 'ask', id: 'x', name: 'constructor', input: null },
      { type: 'ask', id: null, name: 'markRead' },
      { type: 'answer', id: 5, error: {} },
    ];
    const errors: unknown[] = [];
    const note = (error: unknown): void => {
      errors.push(error);
    };
    process.on('uncaughtException', note);
    process.on('unhandledRejection', note);
    try {
      for (const [index, message] of malformed.entries()) {
        for (const tab of [leader, follower]) tab.post({ tidemark: 1, from: `stranger ${index}`, n: 1, message });
      }
      server.say('bob', chat, 'afterwards');
      await until(() => expect(leader.client.unread.getSnapshot()).toBe(1));
      await until(() => expect(follower.client.unread.getSnapshot()).toBe(1));
      await follower.client.direct('bob').send(text('from the follower')).receipt;
      await until(() => expect(follower.client.connection.getSnapshot().state).toBe('live'));
    } finally {
      process.off('uncaughtException', note);
      process.off('unhandledRejection', note);
    }
    expect(errors).toEqual([]);
    for (const tab of [leader, follower]) {
      // Nothing of it was shown, not even for a moment.
      expect(tab.seen('erased')).toEqual([]);
      expect(tab.seen('connection').every(({ state }) => typeof state === 'string')).toBe(true);
    }
  });

  it('read the store anew when a tab of another build says what they do not understand', async () => {
    const server = new ModelServer();
    await using world = new TabWorld(server);
    const [leader, follower] = pair(await openTabs(world, 2));
    follower.deafen();
    server.say('bob', chat, 'told in another protocol');
    await until(() => expect(leader.client.unread.getSnapshot()).toBe(1));
    follower.hear();
    for (const strange of [{ tidemark: 2, from: 'x', n: 1, message: { type: 'rows' } }, 'nonsense', null]) {
      leader.post(strange);
    }
    await until(() => expect(follower.client.unread.getSnapshot()).toBe(1));
  });
});
