import { directConversationId, type UserId } from '@tidemark/core';
import { describe, expect, it } from 'vitest';
import { type LocalStore, memoryLocalStore, memoryTabs } from '../../src/index.ts';
import { ModelServer } from '../support/model-server.ts';
import { testClient, until } from '../support/test-client.ts';
import { type HarmedPlace, indexedDbPlace, keyValuePlace, sqlitePlace } from './places.ts';

const ofAlice = directConversationId('alice', 'carol');
const ofBob = directConversationId('bob', 'carol');
const text = (words: string) => ({ type: 'text', content: { text: words } });

const PLACES = { IndexedDB: indexedDbPlace, SQLite: sqlitePlace, 'a key-value storage': keyValuePlace };

/** Alice was here, and did not sign out: a message of hers, and one that she has not sent. */
async function leaveAliceIn(place: HarmedPlace, server: ModelServer): Promise<void> {
  server.say('carol', ofAlice, 'a secret of alice');
  const release = server.hold('send', 'call');
  {
    await using alice = testClient(server, 'alice', { store: place.make() });
    alice.client.start();
    await until(() => alice.seen('live').length === 1);
    await alice.client.conversation(ofAlice).messages.loadOlder();
    alice.client.conversation(ofAlice).send(text('an unsent secret of alice'));
    await until(() => alice.seen('queued').length === 1);
  }
  release();
  expect(await place.raw()).toContain('an unsent secret of alice');
}

describe.each(Object.entries(PLACES))('another user on the same device, over %s', (name, fresh) => {
  it('finds nothing of the one before with `erase`, whose drafts are gone too', async () => {
    await using place = fresh();
    const server = new ModelServer();
    await leaveAliceIn(place, server);
    await using bob = testClient(server, 'bob', { store: place.make(), onOtherUser: 'erase' });
    bob.client.start();
    await until(() => bob.seen('live').length === 1);
    expect(await place.raw()).not.toContain('alice');
    await bob.client.conversation(ofBob).send(text('of bob')).receipt;
    expect(bob.seen('store')).toEqual([]);

    // What is bob's own stays when he comes again.
    await bob.client.close();
    await using again = testClient(server, 'bob', { store: place.make(), onOtherUser: 'erase' });
    again.client.start();
    await until(() => again.seen('live').length === 1);
    expect(again.seen('reset')).toEqual([]);

    // And alice begins anew.
    await using alice = testClient(server, 'alice', { store: place.make() });
    alice.client.start();
    await until(() => alice.seen('reset').length === 1);
    expect(alice.client.conversation(ofAlice).messages.getSnapshot().items).toEqual([]);
  });

  it('leaves everything of the one before as it is by default', async () => {
    await using place = fresh();
    const server = new ModelServer();
    await leaveAliceIn(place, server);
    {
      await using bob = testClient(server, 'bob', { store: place.make() });
      bob.client.start();
      await until(() => bob.seen('live').length === 1);
    }
    expect(await place.raw()).toContain('a secret of alice');
    await using alice = testClient(server, 'alice', { store: place.make() });
    alice.client.start();
    await until(() => alice.seen('sent').length === 1);
    expect(alice.seen('reset')).toEqual([]);
  });

  // A SQLite file is all users' together: of a later version it is left alone.
  it.each(name === 'SQLite' ? ['garble' as const] : ['garble' as const, 'outdate' as const])(
    'also removes with `erase` what this build cannot read (%s)',
    async (harm) => {
      await using place = fresh();
      const server = new ModelServer();
      await leaveAliceIn(place, server);
      await place[harm]();
      await using bob = testClient(server, 'bob', { store: place.make(), onOtherUser: 'erase' });
      bob.client.start();
      await until(() => bob.seen('live').length === 1);
      expect(await bob.store.users?.()).toEqual(['bob']);
    },
  );
});

describe('erasing the data of another user', () => {
  /** A store that holds alice's, and in which erasing fails so many times. */
  async function stubborn(failures: number) {
    const store = memoryLocalStore();
    await store.open('alice' as UserId);
    await store.transaction({ cursor: 'e:1' as never });
    await store.close();
    const did: string[] = [];
    const wrapped: LocalStore = {
      ...store,
      erase: async () => {
        if (did.filter((each) => each === 'refused').length < failures) {
          did.push('refused');
          throw new Error('the disk is busy');
        }
        did.push('erased');
        await store.erase();
      },
      transaction: async (changes) => {
        did.push('written');
        await store.transaction(changes);
      },
    };
    return { store: wrapped, did };
  }

  it('is tried again when it fails, and nothing is written before it is done', async () => {
    const server = new ModelServer();
    const { store, did } = await stubborn(2);
    await using bob = testClient(server, 'bob', { store, onOtherUser: 'erase' });
    bob.client.start();
    await until(() => bob.seen('live').length === 1);
    expect(did.slice(0, 4)).toEqual(['refused', 'refused', 'erased', 'written']);
  });

  it('that keeps failing leaves the store alone: the client runs from memory, and says so', async () => {
    const server = new ModelServer();
    const { store, did } = await stubborn(Number.POSITIVE_INFINITY);
    await using bob = testClient(server, 'bob', { store, onOtherUser: 'erase' });
    bob.client.start();
    await until(() => bob.seen('live').length === 1);
    expect(bob.seen('store').map(({ problem }) => problem)).toContain('blocked');
    await bob.client.conversation(ofBob).send(text('from memory')).receipt;
    expect(did).not.toContain('written');
  });

  it('closes the client that still has them open, which brings nothing back', async () => {
    await using place = indexedDbPlace();
    const server = new ModelServer();
    const tabs = memoryTabs();
    server.say('carol', ofAlice, 'a secret of alice');
    await using alice = testClient(server, 'alice', { store: place.make(), tabs });
    alice.client.start();
    await until(() => alice.seen('live').length === 1);
    await using bob = testClient(server, 'bob', { store: place.make(), tabs, onOtherUser: 'erase' });
    bob.client.start();
    await until(() => bob.seen('live').length === 1);
    expect(alice.seen('erased')).toEqual([{ by: 'another-tab' }]);
    server.say('carol', ofAlice, 'another secret of alice');
    server.say('carol', ofBob, 'for bob');
    await until(() => bob.seen('message').length === 1);
    expect(await place.raw()).not.toContain('secret of alice');
  });

  it('is refused where the store cannot name its users', () => {
    const { users: _, ...store } = memoryLocalStore();
    const make = () => testClient(new ModelServer(), 'bob', { store, onOtherUser: 'erase' });
    expect(make).toThrow("invalid_input [onOtherUser]: 'erase' needs a store with users()");
  });
});
