import { type ConversationSeq, directConversationId } from '@tidemark/core';
import { describe, expect, it } from 'vitest';
import { type LocalStore, memoryLocalStore } from '../src/index.ts';
import { quotesOf } from '../src/replies.ts';
import { ModelServer } from './support/model-server.ts';
import { type TestClient, testClient, until } from './support/test-client.ts';

const chat = directConversationId('alice', 'bob');
const text = (value: string) => ({ type: 'text', content: { text: value } });
const SECRET = 'secret';

/** Live, with the rows of the chat shown. */
async function lookingAt(client: TestClient, rows: number, conversationId: string = chat): Promise<void> {
  client.client.start();
  await until(() => client.seen('live').length === 1);
  client.client.conversation(conversationId).messages.subscribe(() => undefined);
  await until(() => expect(items(client, conversationId)).toHaveLength(rows));
}

function items(client: TestClient, conversationId: string = chat) {
  return client.client.conversation(conversationId).messages.getSnapshot().items;
}

function item(client: TestClient, nth: number) {
  const found = items(client)[nth];
  if (!found) throw new Error(`there is no row ${nth}`);
  return found;
}

/** What each row says; of a tombstone by whom. */
function rows(client: TestClient, conversationId: string = chat): string[] {
  return items(client, conversationId).map(({ content, revoked, status }) => {
    const said = revoked ? `revoked by ${revoked.by}` : String('text' in content ? content.text : content.type);
    return status === 'stored' ? said : `${said} (${status})`;
  });
}

async function expectNothingOf(secret: string, client: TestClient, store: LocalStore): Promise<void> {
  const state = await store.load();
  const events = await store.events({ conversationId: chat, limit: 1_000 });
  const views = [items(client), client.client.conversations.getSnapshot()];
  expect(JSON.stringify([state, events, views])).not.toContain(secret);
}

describe('a revoke of somebody else', () => {
  it('leaves a tombstone, and nothing of what was said, in memory nor in the local store', async () => {
    const server = new ModelServer();
    const store = memoryLocalStore();
    for (const each of ['one', SECRET, 'three']) server.say('bob', chat, each);
    await using alice = testClient(server, 'alice', { store });
    await lookingAt(alice, 3);
    server.edit('bob', chat, 3, `${SECRET} too`);
    server.edit('bob', chat, 3, `${SECRET} again`);
    server.react('alice', chat, 3, '👍');
    await until(() => expect(item(alice, 1)).toMatchObject({ edited: { version: 3 }, reactions: [{ key: '👍' }] }));
    expect(alice.client.unread.getSnapshot()).toBe(3);
    server.revoke('bob', chat, 3, 'oops');
    await until(() => expect(rows(alice)).toEqual(['one', 'revoked by bob', 'three']));
    expect(item(alice, 1)).toMatchObject({ type: 'unknown', revoked: { by: 'bob', reason: 'oops' }, reactions: [] });
    expect(item(alice, 1)).not.toHaveProperty('edited');
    await until(() => expect(alice.client.unread.getSnapshot()).toBe(2));
    await expectNothingOf(SECRET, alice, store);
    expect(alice.seen('message')).toEqual([]);
  });

  it('is in the list, in the place of the last message', async () => {
    const server = new ModelServer();
    server.say('bob', chat, SECRET);
    await using alice = testClient(server, 'alice');
    alice.client.start();
    await until(() => alice.seen('live').length === 1);
    server.revoke('bob', chat, 2);
    const last = () => alice.client.conversations.getSnapshot()[0]?.lastMessage;
    await until(() => expect(last()).toMatchObject({ type: 'unknown', revoked: { by: 'bob' } }));
    await until(() => expect(alice.client.unread.getSnapshot()).toBe(0));
  });

  it('leaves nothing of what a page brings that was on its way, nor of the edits on it', async () => {
    const server = new ModelServer();
    const store = memoryLocalStore();
    server.say('bob', chat, SECRET);
    server.edit('bob', chat, 2, `${SECRET}, edited`);
    for (const each of ['one', 'two', 'three', 'four']) server.say('bob', chat, each);
    await using alice = testClient(server, 'alice', { store, pageSize: 4 });
    await lookingAt(alice, 4);
    const release = server.hold('history', 'answer');
    const asked = server.callsOf('history').length;
    const loading = alice.client.conversation(chat).messages.loadOlder();
    await until(() => server.callsOf('history').length > asked);
    server.revoke('bob', chat, 2);
    await until(() => alice.seen('entry').length === 1);
    release();
    await loading;
    await until(() => expect(rows(alice)[0]).toBe('revoked by bob'));
    await expectNothingOf(SECRET, alice, store);
  });

  it('is a tombstone for a device that was away, by what it missed and by a reset, and unread falls by one', async () => {
    for (const isReset of [false, true]) {
      const server = new ModelServer();
      const store = memoryLocalStore();
      for (const each of ['one', SECRET]) server.say('bob', chat, each);
      server.react('bob', chat, 3, '👍');
      {
        await using alice = testClient(server, 'alice', { store });
        await lookingAt(alice, 2);
        expect(alice.client.unread.getSnapshot()).toBe(2);
      }
      server.disconnect('alice');
      server.edit('bob', chat, 3, `${SECRET}, edited`);
      server.revoke('bob', chat, 3);
      if (isReset) server.newEpoch('two');
      server.reconnect('alice');
      await using again = testClient(server, 'alice', { store });
      await lookingAt(again, 2);
      await until(() => expect(rows(again)).toEqual(['one', 'revoked by bob']));
      await until(() => expect(again.client.unread.getSnapshot()).toBe(1));
      expect(again.seen('reset')).toHaveLength(isReset ? 1 : 0);
      await expectNothingOf(SECRET, again, store);
      // And once: whatever comes next.
      server.say('bob', chat, 'three');
      await until(() => expect(again.client.unread.getSnapshot()).toBe(2));
    }
  });

  it('wins over a page that was on its way, and over what comes again', async () => {
    const server = new ModelServer();
    const store = memoryLocalStore();
    server.say('bob', chat, SECRET);
    await using alice = testClient(server, 'alice', { store });
    alice.client.start();
    await until(() => alice.seen('live').length === 1);
    const release = server.hold('history', 'answer');
    alice.client.conversation(chat).messages.subscribe(() => undefined);
    await until(() => server.callsOf('history').length === 1);
    server.revoke('bob', chat, 2);
    await until(() => expect(alice.client.conversations.getSnapshot()[0]?.lastMessage?.revoked).toBeDefined());
    release();
    await until(() => expect(rows(alice)).toEqual(['revoked by bob']));
    await expectNothingOf(SECRET, alice, store);
    server.edit('bob', chat, server.say('bob', chat, 'next').conversationSeq, 'next!');
    await until(() => expect(rows(alice)).toEqual(['revoked by bob', 'next!']));
  });

  it('is told of what is not here when that is loaded, and drops what waits to be said of it', async () => {
    const server = new ModelServer();
    const store = memoryLocalStore();
    server.say('bob', chat, SECRET);
    await using alice = testClient(server, 'alice', { store });
    await lookingAt(alice, 1);
    const release = server.hold('react', 'call');
    const first = alice.client.conversation(chat).react(item(alice, 0), '👍');
    const second = alice.client.conversation(chat).react(item(alice, 0), '❤️');
    await until(() => expect(server.callsOf('react')).toHaveLength(1));
    server.revoke('bob', chat, 2);
    await expect(second.stored).rejects.toMatchObject({ code: 'revoked' });
    release();
    await expect(first.stored).rejects.toMatchObject({ code: 'revoked' });
    await until(async () => expect((await store.load()).drafts).toEqual([]));
    expect(rows(alice)).toEqual(['revoked by bob']);
    expect(item(alice, 0).reactions).toEqual([]);
  });

  it('shows in what replies to it, on the screen and elsewhere', async () => {
    for (const fillers of [0, 12]) {
      const server = new ModelServer();
      const first = server.say('bob', chat, SECRET);
      for (let nth = 0; nth < fillers; nth++) server.say('bob', chat, `filler ${nth}`);
      const reply = { conversationId: chat, clientMessageId: 'reply', replyTo: { seq: first.conversationSeq } };
      await server.port('alice').send.mutate({ ...reply, ...text('a reply') });
      await using alice = testClient(server, 'alice', { pageSize: 4 });
      alice.client.start();
      await until(() => alice.seen('live').length === 1);
      const conversation = alice.client.conversation(chat);
      const quotes = quotesOf(conversation);
      quotes.subscribe(() => undefined);
      conversation.messages.subscribe(() => undefined);
      const quote = () => quotes.getSnapshot().get('alice/reply');
      await until(() => expect(quote()).toMatchObject({ message: text(SECRET) }));
      expect(rows(alice).includes(SECRET)).toBe(fillers === 0);
      server.revoke('bob', chat, first.conversationSeq, 'oops');
      await until(() => expect(quote()).toMatchObject({ message: null, revoked: { by: 'bob', reason: 'oops' } }));
      expect(JSON.stringify([...quotes.getSnapshot()])).not.toContain(SECRET);
    }
  });
});

describe('a revoke of one’s own', () => {
  it('is shown at once and kept, and its result is the tombstone of everybody', async () => {
    const server = new ModelServer();
    const store = memoryLocalStore();
    server.say('alice', chat, SECRET);
    await using alice = testClient(server, 'alice', { store });
    await lookingAt(alice, 1);
    const release = server.hold('revoke', 'call');
    const { stored } = alice.client.conversation(chat).revoke(item(alice, 0), { reason: 'oops' });
    expect(rows(alice)).toEqual(['revoked by alice']);
    expect(item(alice, 0)).toMatchObject({
      status: 'stored',
      type: 'unknown',
      revoked: { by: 'alice', reason: 'oops' },
    });
    // Again is once.
    const again = alice.client.conversation(chat).revoke(item(alice, 0));
    release();
    await Promise.all([stored, again.stored]);
    await until(async () => expect((await store.load()).drafts).toEqual([]));
    expect(server.callsOf('revoke')).toHaveLength(1);
    expect(rows(alice)).toEqual(['revoked by alice']);
    await expectNothingOf(SECRET, alice, store);
  });

  it('that was refused is shown no more, and leaves nothing to try again', async () => {
    const server = new ModelServer();
    const store = memoryLocalStore();
    server.say('bob', chat, 'of bob');
    await using alice = testClient(server, 'alice', { store });
    await lookingAt(alice, 1);
    const { stored } = alice.client.conversation(chat).revoke(item(alice, 0));
    expect(rows(alice)).toEqual(['revoked by alice']);
    await expect(stored).rejects.toMatchObject({ code: 'forbidden' });
    await until(() => expect(rows(alice)).toEqual(['of bob']));
    await until(async () => expect((await store.load()).drafts).toEqual([]));
  });

  it('of a draft that was never sent deletes it and all that waits behind it, and nothing is sent', async () => {
    const server = new ModelServer();
    const store = memoryLocalStore();
    server.say('bob', chat, 'one');
    await using alice = testClient(server, 'alice', { store });
    await lookingAt(alice, 1);
    server.disconnect('alice');
    const conversation = alice.client.conversation(chat);
    const { clientMessageId, receipt } = conversation.send(text(SECRET));
    const ids = { senderId: 'alice', clientMessageId };
    receipt.catch(() => undefined);
    conversation.edit(ids, text(`${SECRET} too`)).stored.catch(() => undefined);
    conversation.react(ids, '👍');
    conversation.send(text('two'));
    expect(rows(alice)).toEqual(['one', `${SECRET} too (pending)`, 'two (pending)']);
    await conversation.revoke(ids).stored;
    expect(rows(alice)).toEqual(['one', 'two (pending)']);
    await expect(receipt).rejects.toThrow('discarded');
    server.reconnect('alice');
    await until(() => expect(server.texts(chat)).toEqual(['one', 'two']));
    await until(() => expect(rows(alice)).toEqual(['one', 'two']));
    await expectNothingOf(SECRET, alice, store);
  });

  it('of a draft under way is sent behind it, in place of what was to be said of it', async () => {
    const server = new ModelServer();
    const store = memoryLocalStore();
    server.say('bob', chat, 'one');
    await using alice = testClient(server, 'alice', { store });
    await lookingAt(alice, 1);
    const release = server.hold('send', 'answer');
    const conversation = alice.client.conversation(chat);
    const { clientMessageId } = conversation.send(text(SECRET));
    const ids = { senderId: 'alice', clientMessageId };
    await until(() => expect(server.callsOf('send')).toHaveLength(1));
    const edited = conversation.edit(ids, text(`${SECRET} too`));
    const reacted = conversation.react(ids, '👍');
    const { stored } = conversation.revoke(ids);
    expect(rows(alice).at(-1)).toContain('revoked by alice');
    await expect(edited.stored).rejects.toThrow('discarded');
    await expect(reacted.stored).rejects.toThrow('discarded');
    release();
    await stored;
    expect(server.logOf(chat).slice(2)).toMatchObject([
      { type: 'message.erased' },
      { type: 'message.revoked', targets: [{ seq: 3 as ConversationSeq, ...ids }] },
    ]);
    await until(() => expect(rows(alice)).toEqual(['one', 'revoked by alice']));
    await until(async () => expect((await store.load()).drafts).toEqual([]));
    await expectNothingOf(SECRET, alice, store);
  });

  it('waits for a network, over a restart, and a late edit of another device is refused', async () => {
    const server = new ModelServer();
    const store = memoryLocalStore();
    server.say('alice', chat, SECRET);
    {
      await using alice = testClient(server, 'alice', { store });
      await lookingAt(alice, 1);
      server.disconnect('alice');
      alice.client.conversation(chat).revoke(item(alice, 0));
      await until(() => alice.seen('queued').length === 1);
      expect(rows(alice)).toEqual(['revoked by alice']);
    }
    server.reconnect('alice');
    await using again = testClient(server, 'alice', { store });
    await using other = testClient(server, 'alice');
    await lookingAt(other, 1);
    again.client.start();
    await until(() => expect(rows(other)).toEqual(['revoked by alice']));
    await expect(other.client.conversation(chat).edit(item(other, 0), text('late')).stored).rejects.toMatchObject({
      code: 'revoked',
    });
    await until(() => expect(rows(other)).toEqual(['revoked by alice']));
    await expectNothingOf(SECRET, again, store);
  });
});
