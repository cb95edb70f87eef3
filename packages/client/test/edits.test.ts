import { directConversationId } from '@tidemark/core';
import { describe, expect, it } from 'vitest';
import { type LocalStore, memoryLocalStore } from '../src/index.ts';
import { ModelServer } from './support/model-server.ts';
import { type TestClient, testClient, until } from './support/test-client.ts';

const chat = directConversationId('alice', 'bob');

async function live(client: TestClient): Promise<void> {
  client.client.start();
  await until(() => client.seen('live').length === 1);
}

function looking(client: TestClient): void {
  client.client.conversation(chat).messages.subscribe(() => undefined);
}

/** Live, and with these messages shown. */
async function liveWith(client: TestClient, texts: readonly string[]): Promise<void> {
  await live(client);
  looking(client);
  await until(() => expect(client.shown(chat)).toEqual(texts));
}

/** The text of the last message in the list, with its version. */
function listed(client: TestClient): unknown {
  const [item] = client.client.conversations.getSnapshot();
  const last = item?.lastMessage;
  return last && [last.content, last.edited?.version ?? 1];
}

describe('an edit by somebody else', () => {
  it('changes the row and the list, is no row of its own, and is not unread', async () => {
    const server = new ModelServer();
    for (const each of ['one', 'two']) server.say('bob', chat, each);
    await using alice = testClient(server, 'alice');
    await liveWith(alice, ['one', 'two']);
    server.edit('bob', chat, 2, 'One');
    server.edit('bob', chat, 3, 'Two');
    server.edit('bob', chat, 3, 'Two!');
    await until(() => expect(alice.shown(chat)).toEqual(['One', 'Two!']));
    expect(listed(alice)).toEqual([{ text: 'Two!' }, 3]);
    expect(alice.client.unread.getSnapshot()).toBe(2);
    const items = alice.client.conversation(chat).messages.getSnapshot().items;
    expect(items.map((item) => item.status === 'stored' && item.edited?.version)).toEqual([2, 3]);
    expect(alice.seen('message')).toEqual([]);
  });

  it('comes with the message on a page, and after a restart from the local store', async () => {
    const server = new ModelServer();
    const store = memoryLocalStore();
    server.say('bob', chat, 'one');
    server.edit('bob', chat, 2, 'One');
    {
      await using alice = testClient(server, 'alice', { store });
      await live(alice);
      expect(listed(alice)).toEqual([{ text: 'One' }, 2]);
      looking(alice);
      await until(() => expect(alice.shown(chat)).toEqual(['One']));
    }
    server.disconnect('alice');
    await using again = testClient(server, 'alice', { store });
    again.client.start();
    looking(again);
    await until(() => expect(again.shown(chat)).toEqual(['One']));
    expect(listed(again)).toEqual([{ text: 'One' }, 2]);
  });

  it('reaches a client that lacks its message, which comes with a later page: one row, with what it says now', async () => {
    const server = new ModelServer();
    server.say('bob', chat, 'one');
    for (let n = 0; n < 6; n++) server.say('bob', chat, `more ${n}`);
    await using alice = testClient(server, 'alice', { pageSize: 2 });
    await liveWith(alice, ['more 4', 'more 5']);
    server.edit('bob', chat, 2, 'One');
    server.say('bob', chat, 'last');
    await until(() => expect(alice.shown(chat)).toEqual(['more 4', 'more 5', 'last']));
    const { messages } = alice.client.conversation(chat);
    while (messages.getSnapshot().hasOlder) await messages.loadOlder();
    expect(alice.shown(chat)).toEqual(['One', 'more 0', 'more 1', 'more 2', 'more 3', 'more 4', 'more 5', 'last']);
  });

  it.each(['kept', 'not kept'])('is not lost to a page that is on its way: %s', async (which) => {
    const server = new ModelServer();
    for (let n = 2; n <= 20; n++) server.say('bob', chat, `m${n}`);
    await using alice = testClient(server, 'alice', { pageSize: 4 });
    await live(alice);
    looking(alice);
    await until(() => expect(alice.shown(chat)).toHaveLength(4));
    const { messages } = alice.client.conversation(chat);
    const release = server.hold('history', 'answer');
    const asked = server.callsOf('history').length;
    const loading = which === 'kept' ? messages.loadOlder() : messages.loadAround(8);
    await until(() => server.callsOf('history').length > asked);
    // The page was read before this, and comes after it.
    for (const seq of [8, 14]) server.edit('bob', chat, seq, `M${seq}`);
    await until(() => alice.seen('entry').length === 2);
    release();
    await loading;
    const shown = alice.shown(chat);
    expect(shown).toContain(which === 'kept' ? 'M14' : 'M8');
    expect(shown).not.toContain(which === 'kept' ? 'm14' : 'm8');
  });

  it('changes rows of a window that is not kept', async () => {
    const server = new ModelServer();
    for (let n = 2; n <= 40; n++) server.say('bob', chat, `m${n}`);
    await using alice = testClient(server, 'alice', { pageSize: 4 });
    await live(alice);
    looking(alice);
    await until(() => expect(alice.shown(chat)).toHaveLength(4));
    await alice.client.conversation(chat).messages.loadAround(8);
    server.edit('bob', chat, 8, 'M8');
    await until(() => expect(alice.shown(chat)).toContain('M8'));
  });

  it('of an unknown kind is shown as such, and one that a summary has already is counted once', async () => {
    const server = new ModelServer();
    server.say('bob', chat, 'one');
    await using alice = testClient(server, 'alice', { contentTypes: ['order'] });
    await live(alice);
    looking(alice);
    server.edit('bob', chat, 2, 'One');
    await until(() => expect(alice.shown(chat)).toEqual(['[text]']));
    expect(listed(alice)).toEqual([{ type: 'text', content: { text: 'One' } }, 2]);
    expect(alice.seen('entry').at(-1)?.event).toMatchObject({ type: 'message.edited', message: { type: 'unknown' } });
  });

  it('made while the user was no member is there when they are one again', async () => {
    const server = new ModelServer();
    const group = server.createGroup('bob', ['alice', 'carol']);
    server.say('bob', group, 'one');
    await using alice = testClient(server, 'alice');
    await live(alice);
    const { messages } = alice.client.conversation(group);
    messages.subscribe(() => undefined);
    await until(() => expect(alice.shown(group)).toEqual(['one']));
    server.changeMembers('members.removed', 'bob', group, ['alice']);
    server.edit('bob', group, 2, 'One');
    await until(() => expect(alice.seen('entry').at(-1)?.event?.type).toBe('members.removed'));
    expect(alice.shown(group)).toEqual(['one']);
    server.changeMembers('members.added', 'bob', group, ['alice']);
    server.say('bob', group, 'two');
    await until(() => expect(alice.shown(group)).toContain('two'));
    while (messages.getSnapshot().hasOlder) await messages.loadOlder();
    expect(alice.shown(group)).toEqual(['One', 'two']);
  });

  it('made while the device was away is there after a catch-up, and after a reset', async () => {
    const server = new ModelServer();
    const stores: LocalStore[] = [memoryLocalStore(), memoryLocalStore()];
    server.say('bob', chat, 'one');
    for (const store of stores) {
      await using alice = testClient(server, 'alice', { store });
      await live(alice);
      looking(alice);
      await until(() => expect(alice.shown(chat)).toEqual(['one']));
    }
    server.edit('bob', chat, 2, 'One');
    const [caughtUp, reset] = stores.map((store) => testClient(server, 'alice', { store }));
    await using first = caughtUp as TestClient;
    await liveWith(first, ['One']);
    server.expireInbox('alice');
    await using second = reset as TestClient;
    await liveWith(second, ['One']);
    expect([listed(first), listed(second)]).toEqual(Array(2).fill([{ text: 'One' }, 2]));
  });
});

describe('an edit of one’s own', () => {
  const text = (value: string) => ({ type: 'text', content: { text: value } });

  /** What the server has of the messages of the chat, by what they say now. */
  function onServer(server: ModelServer): unknown[] {
    return server.texts(chat);
  }

  /** The rows with the state of an edit of theirs. */
  function rows(client: TestClient): unknown[] {
    return client.client
      .conversation(chat)
      .messages.getSnapshot()
      .items.map((item) => [
        (item.content as { text?: unknown }).text,
        item.status,
        ...(item.status === 'stored' && item.edit ? [item.edit.status] : []),
      ]);
  }

  function first(client: TestClient) {
    const [item] = client.client.conversation(chat).messages.getSnapshot().items;
    if (!item) throw new Error('there is no row');
    return item;
  }

  it('is shown at once, kept, sent, and then there as anybody’s', async () => {
    const server = new ModelServer();
    server.say('alice', chat, 'one');
    await using alice = testClient(server, 'alice');
    await liveWith(alice, ['one']);
    const release = server.hold('edit', 'call');
    const { stored } = alice.client.conversation(chat).edit(first(alice), text('One'));
    expect(rows(alice)).toEqual([['One', 'stored', 'pending']]);
    expect(first(alice), 'the same object until something changes').toBe(first(alice));
    await until(async () => expect((await alice.store.load()).drafts).toHaveLength(1));
    expect(onServer(server)).toEqual(['one']);
    release();
    await stored;
    await until(() => expect(rows(alice)).toEqual([['One', 'stored']]));
    expect(listed(alice)).toEqual([{ text: 'One' }, 2]);
    await until(async () => expect((await alice.store.load()).drafts).toEqual([]));
    expect(onServer(server)).toEqual(['One']);
  });

  it('waits for a network, over a restart, behind its message and before what comes after', async () => {
    const server = new ModelServer();
    const store = memoryLocalStore();
    server.fail('send', 'unavailable', 1_000);
    {
      await using alice = testClient(server, 'alice', { store });
      await live(alice);
      const chatWithBob = alice.client.direct('bob');
      const { clientMessageId } = chatWithBob.send(text('one'));
      await until(() => alice.seen('queued').length === 1);
      // Tried already, so it may be there as it was.
      await until(() => server.callsOf('send').length > 0);
      void chatWithBob.edit({ senderId: 'alice', clientMessageId }, text('One')).stored.catch(() => undefined);
      chatWithBob.send(text('two'));
      await until(() => alice.seen('queued').length === 3);
      expect(alice.shown(chat)).toEqual(['One (pending)', 'two (pending)']);
    }
    server.heal();
    await using again = testClient(server, 'alice', { store });
    await live(again);
    await until(() => expect(onServer(server)).toEqual(['One', 'two']));
    expect(server.logOf(chat).map((event) => event.type)).toEqual([
      'conversation.created',
      'message.sent',
      'message.edited',
      'message.sent',
    ]);
    looking(again);
    await until(() =>
      expect(rows(again)).toEqual([
        ['One', 'stored'],
        ['two', 'stored'],
      ]),
    );
  });

  it('changes a draft that was never sent, so that nothing else is ever sent', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice');
    const chatWithBob = alice.client.direct('bob');
    const { clientMessageId, receipt } = chatWithBob.send(text('one'));
    await until(() => alice.seen('queued').length === 1);
    alice.client.start();
    const { stored } = chatWithBob.edit({ senderId: 'alice', clientMessageId }, text('One'));
    await Promise.all([stored, receipt]);
    expect(server.callsOf('edit')).toEqual([]);
    expect(onServer(server)).toEqual(['One']);
  });

  it.each([
    ['invalid_content' as const, undefined],
    ['conflict' as const, 1],
  ])(
    'that is refused for good (%s) shows the message as it is, with the text that was typed',
    async (code, expectedVersion) => {
      const server = new ModelServer();
      server.say('alice', chat, 'one');
      await using alice = testClient(server, 'alice');
      await live(alice);
      looking(alice);
      await until(() => expect(alice.shown(chat)).toEqual(['one']));
      if (code === 'conflict') server.edit('alice', chat, 2, 'from the other device');
      else server.fail('edit', code);
      const now = code === 'conflict' ? 'from the other device' : 'one';
      await until(() => expect(alice.shown(chat)).toEqual([now]));
      const options = expectedVersion === undefined ? {} : { expectedVersion };
      const { stored } = alice.client.conversation(chat).edit(first(alice), text('mine'), options);
      await expect(stored).rejects.toMatchObject({ code });
      await until(() => expect(rows(alice)).toEqual([[now, 'stored', 'failed']]));
      const item = first(alice);
      const edit = item.status === 'stored' ? item.edit : undefined;
      expect(edit).toMatchObject({ message: text('mine'), error: { code } });
      await alice.client.discard(edit?.clientMessageId ?? '');
      await until(() => expect(rows(alice)).toEqual([[now, 'stored']]));
    },
  );

  it('that failed is sent anew by retry, under another id, since a refusal is for good', async () => {
    const server = new ModelServer();
    server.say('alice', chat, 'one');
    await using alice = testClient(server, 'alice');
    await liveWith(alice, ['one']);
    server.fail('edit', 'forbidden');
    const { stored } = alice.client.conversation(chat).edit(first(alice), text('One'));
    await expect(stored).rejects.toMatchObject({ code: 'forbidden' });
    await until(() => expect(rows(alice)).toEqual([['one', 'stored', 'failed']]));
    const [item] = alice.client.conversation(chat).messages.getSnapshot().items;
    await alice.client.retry((item?.status === 'stored' && item.edit?.clientMessageId) || '');
    await until(() => expect(rows(alice)).toEqual([['One', 'stored']]));
    const ids = server.callsOf('edit').map((input) => (input as { commandId: string }).commandId);
    expect(new Set(ids).size).toBe(2);
    expect((await alice.store.load()).drafts).toEqual([]);
  });

  it('fails where the server knows no edits yet, and holds up nothing', async () => {
    const server = new ModelServer();
    server.say('alice', chat, 'one');
    const unknown = Object.assign(new Error('No procedure found on path "chat.edit"'), { data: { code: 'NOT_FOUND' } });
    const trpc = { ...server.port('alice'), edit: { mutate: () => Promise.reject(unknown) } };
    await using alice = testClient(server, 'alice', { trpc });
    await liveWith(alice, ['one']);
    const { stored } = alice.client.conversation(chat).edit(first(alice), text('One'));
    const { receipt } = alice.client.conversation(chat).send(text('two'));
    await expect(stored).rejects.toMatchObject({ code: 'forbidden', detail: 'the server does not know this yet' });
    await receipt;
    expect(onServer(server)).toEqual(['one', 'two']);
  });

  it('goes with the draft that it is of, when that is discarded', async () => {
    const server = new ModelServer();
    server.fail('send', 'unavailable', 1_000);
    await using alice = testClient(server, 'alice');
    await live(alice);
    const chatWithBob = alice.client.direct('bob');
    const { clientMessageId, receipt } = chatWithBob.send(text('one'));
    receipt.catch(() => undefined);
    await until(() => server.callsOf('send').length > 0);
    const { stored } = chatWithBob.edit({ senderId: 'alice', clientMessageId }, text('One'));
    await until(() => alice.seen('queued').length === 2);
    await alice.client.discard(clientMessageId);
    await expect(stored).rejects.toThrow('discarded');
    expect((await alice.store.load()).drafts).toEqual([]);
  });

  it('whose answer was lost is one edit', async () => {
    const server = new ModelServer();
    server.say('alice', chat, 'one');
    await using alice = testClient(server, 'alice');
    await liveWith(alice, ['one']);
    const release = server.hold('edit', 'answer');
    const { stored } = alice.client.conversation(chat).edit(first(alice), text('One'));
    await until(() => expect(onServer(server)).toEqual(['One']));
    server.disconnect('alice');
    release();
    server.reconnect('alice');
    await stored;
    expect(server.logOf(chat).filter((event) => event.type === 'message.edited')).toHaveLength(1);
  });
});
