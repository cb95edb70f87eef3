import { type ConversationId, directConversationId } from '@tidemark/core';
import { describe, expect, it } from 'vitest';
import { ModelServer } from '../support/model-server.ts';
import { type TestClient, testClient, until } from '../support/test-client.ts';
import { indexedDbPlace, keyValuePlace, sqlitePlace } from './places.ts';

const chat = directConversationId('alice', 'bob');

const PLACES = { IndexedDB: indexedDbPlace, SQLite: sqlitePlace, 'a key-value storage': keyValuePlace };

function problems(client: TestClient): string[] {
  const told: string[] = [];
  client.client.on('store', ({ problem }) => told.push(problem));
  return told;
}

async function live(client: TestClient, times = 1): Promise<void> {
  await until(() => client.seen('live').length >= times);
}

/** Everything of the chat, by paging back to its beginning. */
async function whole(client: TestClient, conversationId: ConversationId): Promise<string[]> {
  const { messages } = client.client.conversation(conversationId);
  for (let page = 0; messages.getSnapshot().hasOlder && page < 100; page += 1) await messages.loadOlder();
  return client.shown(conversationId);
}

describe.each(Object.entries(PLACES))('a client whose local store is in %s', (_name, fresh) => {
  it('rebuilds from a snapshot when its data is removed under it, and keeps what is not sent', async () => {
    await using place = fresh();
    const server = new ModelServer();
    for (let n = 1; n <= 12; n += 1) server.say('bob', chat, `before ${n}`);
    const release = server.hold('send', 'call');
    await using alice = testClient(server, 'alice', { store: place.make() });
    const told = problems(alice);
    alice.client.start();
    await live(alice);
    server.say('bob', chat, 'applied');
    await until(() => alice.seen('message').length === 1);
    alice.client.conversation(chat).send({ type: 'text', content: { text: 'unsent' } });
    await until(() => alice.seen('queued').length === 1);

    await place.clear();
    server.say('bob', chat, 'after');
    await live(alice, 2);
    expect(told).toEqual(['evicted']);
    expect(alice.seen('reset').map(({ reason }) => reason)).toEqual(['new', 'new']);
    const texts = [...Array.from({ length: 12 }, (_, n) => `before ${n + 1}`), 'applied', 'after'];
    expect(await whole(alice, chat)).toEqual([...texts, 'unsent (pending)']);
    await alice.client.close();
    release();

    // What is in the store now stands by itself.
    await using again = testClient(server, 'alice', { store: place.make() });
    again.client.start();
    await live(again);
    await until(() => again.seen('sent').length === 1);
    expect(again.seen('reset')).toEqual([]);
    await until(async () => expect(await whole(again, chat)).toEqual([...texts, 'unsent']));
  });

  it('rebuilds from a snapshot when what it holds cannot be read, and keeps its drafts', async () => {
    await using place = fresh();
    const server = new ModelServer();
    server.say('bob', chat, 'one');
    const release = server.hold('send', 'call');
    {
      await using alice = testClient(server, 'alice', { store: place.make() });
      alice.client.start();
      await live(alice);
      server.say('bob', chat, 'two');
      alice.client.conversation(chat).send({ type: 'text', content: { text: 'unsent' } });
      await until(() => alice.seen('queued').length === 1 && alice.seen('message').length === 1);
    }
    release();
    await place.garble();
    await using again = testClient(server, 'alice', { store: place.make() });
    const told = problems(again);
    again.client.start();
    await live(again);
    expect(told).toEqual(['corrupt']);
    expect(again.seen('reset').map(({ reason }) => reason)).toEqual(['new']);
    await until(() => again.seen('sent').length === 1);
    await until(async () => expect(await whole(again, chat)).toEqual(['one', 'two', 'unsent']));
  });

  it('leaves what a later version wrote alone, says so, and removes it when the user signs out', async () => {
    await using place = fresh();
    const server = new ModelServer();
    server.say('bob', chat, 'secret');
    {
      await using alice = testClient(server, 'alice', { store: place.make() });
      alice.client.start();
      await live(alice);
    }
    await place.outdate();
    const before = await place.raw();
    await using alice = testClient(server, 'alice', { store: place.make() });
    const told = problems(alice);
    alice.client.start();
    await until(() => alice.seen('retrying').filter(({ what }) => what === 'store').length >= 3);
    expect(told).toEqual(['newer']);
    expect(await place.raw()).toBe(before);
    await alice.client.erase();
    expect(await place.raw()).not.toContain('secret');
  });
});
