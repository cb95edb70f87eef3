import { DEFAULT_SETTINGS, directConversationId, type SettingsChange, TidemarkError } from '@tidemark/core';
import { describe, expect, it } from 'vitest';
import { memoryLocalStore } from '../src/index.ts';
import { ModelServer } from './support/model-server.ts';
import { type TestClient, testClient, until } from './support/test-client.ts';

const chat = directConversationId('alice', 'bob');
const other = directConversationId('alice', 'carol');

function aServer(): ModelServer {
  const server = new ModelServer();
  server.say('bob', chat, 'one');
  server.say('carol', other, 'two');
  return server;
}

async function live(client: TestClient): Promise<TestClient> {
  client.client.start();
  await until(() => client.seen('live').length > 0);
  return client;
}

function settings(client: TestClient, conversationId: string = chat) {
  return client.client.conversation(conversationId).item.getSnapshot()?.settings;
}

function listed({ client }: TestClient): string[] {
  return client.conversations.getSnapshot().map(({ conversationId }) => conversationId);
}

describe('settings of a conversation', () => {
  it('are shown at once, and reach the other devices of the user and nobody else', async () => {
    const server = aServer();
    await using phone = await live(testClient(server, 'alice'));
    await using laptop = await live(testClient(server, 'alice'));
    await using bob = await live(testClient(server, 'bob'));
    const { stored } = phone.client.conversation(chat).setSettings({ pinned: true, notify: 'mentions' });
    expect(settings(phone)).toEqual({ ...DEFAULT_SETTINGS, pinned: true, notify: 'mentions' });
    await stored;
    await until(() => expect(settings(laptop)).toEqual(settings(phone)));
    expect(listed(laptop), 'what is pinned stands first').toEqual([chat, other]);
    expect(settings(bob)).toEqual(DEFAULT_SETTINGS);
  });

  it('are kept over a restart without a network, and sent once it is back', async () => {
    const server = aServer();
    const store = memoryLocalStore();
    {
      await using before = await live(testClient(server, 'alice', { store }));
      server.disconnect('alice');
      before.client.conversation(chat).setSettings({ archived: true });
      before.client.conversation(chat).setSettings({ remark: 'Bobby' });
      await until(() => expect(before.seen('queued')).toHaveLength(2));
    }
    await using after = testClient(server, 'alice', { store });
    after.client.start();
    const wanted = { ...DEFAULT_SETTINGS, archived: true, remark: 'Bobby' };
    await until(() => expect(settings(after)).toEqual(wanted));
    server.reconnect('alice');
    await using fresh = await live(testClient(server, 'alice'));
    await until(() => expect(settings(fresh)).toEqual(wanted));
    await until(async () => expect((await store.load()).drafts).toEqual([]));
    expect(settings(after)).toEqual(wanted);
  });

  it('that two devices set offline are those that come last in the log, each by itself', async () => {
    const server = aServer();
    await using phone = await live(testClient(server, 'alice'));
    await using laptop = await live(testClient(server, 'alice'));
    server.disconnect('alice');
    phone.client.conversation(chat).setSettings({ mutedUntil: 9_000, pinned: true });
    laptop.client.conversation(chat).setSettings({ mutedUntil: null, remark: 'Bobby' });
    expect(settings(phone)?.mutedUntil).toBe(9_000);
    expect(settings(laptop)?.mutedUntil).toBe(null);
    server.reconnect('alice');
    await until(() => expect(server.callsOf('setSettings').length).toBeGreaterThanOrEqual(2));
    await using fresh = await live(testClient(server, 'alice'));
    await until(() => expect(settings(fresh)).toMatchObject({ pinned: true, remark: 'Bobby' }));
    for (const device of [phone, laptop]) await until(() => expect(settings(device)).toEqual(settings(fresh)));
  });

  it('that are refused for good are shown no longer', async () => {
    const server = aServer();
    await using alice = await live(testClient(server, 'alice'));
    server.fail('setSettings', 'forbidden');
    const { stored } = alice.client.conversation(chat).setSettings({ pinned: true });
    await expect(stored).rejects.toThrow(TidemarkError);
    expect(settings(alice)).toEqual(DEFAULT_SETTINGS);
    expect((await alice.store.load()).drafts).toEqual([]);
  });

  it('that change nothing are stored, and leave nothing behind', async () => {
    const server = aServer();
    await using alice = await live(testClient(server, 'alice'));
    const set = async (change: SettingsChange) => {
      await alice.client.conversation(chat).setSettings(change, { commandId: 'c-1' }).stored;
      await until(async () => expect((await alice.store.load()).drafts).toEqual([]));
    };
    await set({ pinned: true });
    await set({ pinned: true });
    expect(settings(alice)?.pinned).toBe(true);
  });

  it('mark a conversation unread until it is read, and its read mark stays where it was', async () => {
    const server = aServer();
    await using alice = await live(testClient(server, 'alice'));
    await using laptop = await live(testClient(server, 'alice'));
    const handle = alice.client.conversation(chat);
    await handle.markRead();
    await handle.setSettings({ markedUnread: true }).stored;
    await until(() => expect(settings(laptop)?.markedUnread).toBe(true));
    expect(laptop.client.conversation(chat).item.getSnapshot()).toMatchObject({ readSeq: 2, unread: 0 });
    await laptop.client.conversation(chat).markRead();
    expect(settings(laptop)?.markedUnread).toBe(false);
    await until(() => expect(settings(alice)?.markedUnread).toBe(false));
  });

  it('hide a conversation from the list until there is something new', async () => {
    const server = aServer();
    await using alice = await live(testClient(server, 'alice'));
    const head = alice.client.conversation(chat).item.getSnapshot()?.head as number;
    const { stored } = alice.client.conversation(chat).setSettings({ hiddenUntilNews: head });
    expect(listed(alice)).toEqual([other]);
    await stored;
    await using fresh = await live(testClient(server, 'alice'));
    expect(listed(fresh)).toEqual([other]);
    server.say('bob', chat, 'news');
    await until(() => expect(listed(alice)).toEqual([chat, other]));
    await until(() => expect(listed(fresh)).toEqual([chat, other]));
  });
});
