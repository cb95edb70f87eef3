import type { ContentMap } from '@tidemark/core';
import { directConversationId } from '@tidemark/core';
import { describe, expect, it } from 'vitest';
import { type LocalStore, memoryLocalStore } from '../src/index.ts';
import { ModelServer } from './support/model-server.ts';
import { countingClock, type TestClient, testClient, until } from './support/test-client.ts';

const chat = directConversationId('alice', 'bob');

function texts(client: TestClient): string[] {
  return client.seen('message').map((message) => String((message.content as ContentMap[string]).text));
}

async function live(client: TestClient, times = 1): Promise<void> {
  await until(() => client.seen('live').length >= times);
}

/** A store whose next transactions fail as asked. */
function failingStore(): LocalStore & { failNext: number } {
  const store = memoryLocalStore();
  const failing = {
    ...store,
    failNext: 0,
    transaction: async (changes: Parameters<LocalStore['transaction']>[0]) => {
      if (changes.cursor !== undefined && failing.failNext > 0) {
        failing.failNext -= 1;
        throw new Error('the disk is full');
      }
      await store.transaction(changes);
    },
  };
  return failing;
}

describe('a client that follows its feed', () => {
  it('begins with a snapshot, reports the reset, and goes on live', async () => {
    const server = new ModelServer();
    server.say('bob', chat, 'before');
    await using alice = testClient(server, 'alice');
    alice.client.start();
    await live(alice);
    expect(alice.seen('reset').map(({ reason }) => reason)).toEqual(['new']);
    expect(alice.client.conversations.getSnapshot()).toMatchObject([{ conversationId: chat, unread: 1, peer: 'bob' }]);
    server.say('bob', chat, 'now');
    await until(() => expect(texts(alice)).toEqual(['now']));
    expect((await alice.store.load()).cursor).toBe(server.head('alice'));
  });

  it('catches up in pages after a disconnection, each entry once and in order', async () => {
    const server = new ModelServer();
    server.say('bob', chat, 'first');
    await using alice = testClient(server, 'alice');
    alice.client.start();
    await live(alice);
    server.disconnect('alice');
    await until(() => alice.client.connection.getSnapshot().state === 'connecting');
    const missed = Array.from({ length: 23 }, (_, index) => `missed ${index}`);
    for (const text of missed) server.say('bob', chat, text);
    server.reconnect('alice');
    await live(alice, 2);
    expect(texts(alice)).toEqual(missed);
    const seqs = alice.seen('entry').map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, index) => (seqs[0] as number) + index));
  });

  it('pulls what a lost frame left out, and reports the gap', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice');
    alice.client.start();
    await live(alice);
    server.dropFrames(3);
    for (const text of ['a', 'b', 'c', 'd']) server.say('bob', chat, text);
    await until(() => expect(texts(alice)).toEqual(['a', 'b', 'c', 'd']));
    expect(alice.seen('gap').length).toBeGreaterThan(0);
  });

  it('tries a failed pull again until it is answered', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice');
    alice.client.start();
    await live(alice);
    server.fail('since', 'unavailable', 2);
    server.fail('since', 'socket');
    server.dropFrames(1);
    server.say('bob', chat, 'a');
    await until(() => expect(texts(alice)).toEqual(['a']));
    expect(alice.seen('retrying').filter(({ what }) => what === 'pull')).toHaveLength(3);
  });

  it('never moves the cursor past an entry whose local transaction failed, and applies it later', async () => {
    const server = new ModelServer();
    const store = failingStore();
    await using alice = testClient(server, 'alice', { store });
    alice.client.start();
    await live(alice);
    const before = (await store.load()).cursor;
    store.failNext = 2;
    server.say('bob', chat, 'a');
    await until(() => alice.seen('retrying').some(({ what, attempt }) => what === 'apply' && attempt === 0));
    expect((await store.load()).cursor).toBe(before);
    expect(texts(alice)).toEqual([]);
    server.say('bob', chat, 'b');
    await until(() => expect(texts(alice)).toEqual(['a', 'b']));
    expect((await store.load()).cursor).toBe(server.head('alice'));
  });

  it('subscribes anew from its cursor when the subscription ends with an error', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice');
    alice.client.start();
    await live(alice);
    server.say('bob', chat, 'a');
    await until(() => expect(texts(alice)).toEqual(['a']));
    server.endFeeds('alice', new Error('unavailable: the store is away'));
    server.say('bob', chat, 'b');
    await until(() => expect(texts(alice)).toEqual(['a', 'b']));
    expect(alice.seen('reset')).toHaveLength(1);
    expect(server.feeds.size).toBe(1);
  });

  it.each(['epoch', 'floor'] as const)(
    'rebuilds from a snapshot on a reset of reason %s, and says so',
    async (reason) => {
      const server = new ModelServer();
      server.say('bob', chat, 'old');
      await using alice = testClient(server, 'alice');
      alice.client.start();
      await live(alice);
      server.disconnect('alice');
      server.say('bob', chat, 'missed');
      if (reason === 'epoch') server.newEpoch('two');
      else server.expireInbox('alice');
      server.reconnect('alice');
      await live(alice, 2);
      expect(alice.seen('reset').map((each) => each.reason)).toEqual(['new', reason]);
      expect(alice.client.conversations.getSnapshot()).toMatchObject([{ conversationId: chat, unread: 2 }]);
      server.say('bob', chat, 'after');
      await until(() => expect(texts(alice)).toEqual(['after']));
      expect((await alice.store.load()).cursor).toBe(server.head('alice'));
    },
  );

  it('takes a snapshot of many pages, tried again when one of them fails', async () => {
    const server = new ModelServer();
    for (let index = 0; index < 17; index += 1)
      server.say(`user-${index}`, directConversationId('alice', `user-${index}`), 'hi');
    await using alice = testClient(server, 'alice');
    server.fail('list', 'socket');
    alice.client.start();
    await live(alice);
    expect(alice.client.conversations.getSnapshot()).toHaveLength(17);
    expect(alice.client.unread.getSnapshot()).toBe(17);
    // One that failed, and one that asked for more than this server's page.
    expect(server.callsOf('list')).toHaveLength(6);
  });

  it('shows the exact number again when a mark moves on in a conversation with more unread than the server counts', async () => {
    const server = new ModelServer();
    server.unread = 10;
    for (let n = 1; n <= 30; n += 1) server.say('bob', chat, `m${n}`);
    await using alice = testClient(server, 'alice');
    alice.client.start();
    await live(alice);
    const item = () => alice.client.conversation(chat).item.getSnapshot();
    expect(item()).toMatchObject({ unread: 10 });
    server.say('bob', chat, 'one more');
    await until(() => expect(item()?.unread).toBeGreaterThanOrEqual(10));
    // Place 1 created the conversation: 15 messages are read, 16 are left, and the server counts to 10.
    await alice.client.conversation(chat).markRead(16);
    await until(() => expect(item()).toMatchObject({ readSeq: 16, unread: 10 }));
    await alice.client.conversation(chat).markRead(25);
    await until(() => expect(item()).toMatchObject({ readSeq: 25, unread: 7 }));
    server.say('bob', chat, 'and another');
    await until(() => expect(item()).toMatchObject({ readSeq: 25, unread: 8 }));
  });

  it('keeps no more frames than its bound while the local store is slow, and still misses nothing', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice', { queueLimit: 10 });
    alice.client.start();
    await live(alice);
    const said = Array.from({ length: 95 }, (_, index) => `m${index}`);
    for (const text of said) server.say('bob', chat, text);
    await until(() => expect(texts(alice)).toEqual(said));
    expect(server.callsOf('since').length).toBeGreaterThan(0);
  });

  it('resumes from the local store after a restart, without a reset', async () => {
    const server = new ModelServer();
    const store = memoryLocalStore();
    {
      await using alice = testClient(server, 'alice', { store });
      alice.client.start();
      await live(alice);
      server.say('bob', chat, 'a');
      await until(() => expect(texts(alice)).toEqual(['a']));
    }
    server.say('bob', chat, 'b');
    await using again = testClient(server, 'alice', { store });
    again.client.start();
    await live(again);
    expect(texts(again)).toEqual(['b']);
    expect(again.seen('reset')).toEqual([]);
    expect(again.client.unread.getSnapshot()).toBe(2);
  });

  it('passes voids and event types of a newer server', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice');
    alice.client.start();
    await live(alice);
    server.voidEntry('alice');
    server.sayKind('bob', chat, 'poll', { question: 'tea?' });
    server.say('bob', chat, 'a');
    await until(() => alice.seen('entry').length === 4);
    expect(alice.seen('entry').map(({ event }) => event?.type ?? null)).toEqual([
      null,
      'conversation.created',
      'message.sent',
      'message.sent',
    ]);
    expect(alice.seen('message')[0]).toMatchObject({
      type: 'unknown',
      content: { type: 'poll', content: { question: 'tea?' } },
    });
  });

  it('begins anew when the server does not take its cursor for its own', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice');
    alice.client.start();
    await live(alice);
    server.endFeeds('alice', new Error('invalid_cursor [cursor]: must be a cursor as issued by the server'));
    await live(alice, 2);
    expect(alice.seen('reset').map(({ reason }) => reason)).toEqual(['new', 'new']);
  });

  it('leaves no timer and no subscription after close, whatever it was waiting for', async () => {
    const server = new ModelServer();
    const clock = countingClock();
    const backoff = { baseMs: 60_000, capMs: 60_000 };
    const alice = testClient(server, 'alice', { clock, backoff });
    server.fail('send', 'overloaded');
    server.fail('list', 'unavailable');
    alice.client.start();
    const { receipt } = alice.client.direct('bob').send({ type: 'text', content: { text: 'later' } });
    await until(() => alice.seen('retrying').length === 2);
    expect(clock.waits).toBe(2);
    await alice.client.close();
    await until(() => expect(clock.waits).toBe(0));
    expect(server.feeds.size).toBe(0);
    expect(alice.client.connection.getSnapshot()).toEqual({ state: 'stopped' });
    await expect(receipt).rejects.toMatchObject({ code: 'outcome_unknown' });
  });
});
