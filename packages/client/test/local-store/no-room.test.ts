import { directConversationId } from '@tidemark/core';
import { describe, expect, it } from 'vitest';
import { type LocalStore, LocalStoreError, memoryLocalStore } from '../../src/index.ts';
import { ModelServer } from '../support/model-server.ts';
import { type TestClient, testClient, until } from '../support/test-client.ts';
import { TabWorld } from '../tabs/tab-world.ts';

const chat = directConversationId('alice', 'bob');
const text = (words: string) => ({ type: 'text', content: { text: words } });

/** A store whose writes fail while the test says so. */
function ailingStore() {
  const memory = memoryLocalStore();
  const ill = { with: undefined as Error | undefined, writes: 0 };
  const store: LocalStore = {
    ...memory,
    transaction: (changes) => {
      ill.writes += 1;
      return ill.with ? Promise.reject(ill.with) : memory.transaction(changes);
    },
  };
  return { store, memory, ill };
}

const problems = (client: TestClient) => client.seen('store').map(({ problem }) => problem);

describe.each([
  ['has no room', 'full', new LocalStoreError('full', 'no room')],
  ['keeps failing and does not say why', 'unavailable', new Error('Internal error committing transaction.')],
] as const)('a client whose local store %s', (_, problem, error) => {
  it('shows what is there and what comes, sends what is written, says so once, and keeps all of it when it can', async () => {
    const server = new ModelServer();
    const { store, memory, ill } = ailingStore();
    await using alice = testClient(server, 'alice', { store });
    server.say('bob', chat, 'before');
    alice.client.start();
    await until(() => alice.seen('live').length === 1);
    await alice.client.conversation(chat).messages.loadOlder();
    const { cursor } = await memory.load();

    ill.with = error;
    server.say('bob', chat, 'while there is none');
    const { receipt } = alice.client.conversation(chat).send(text('from here'));
    await receipt;
    await until(() => expect(alice.shown(chat)).toEqual(['before', 'while there is none', 'from here']));
    expect(alice.client.unread.getSnapshot()).toBe(2);
    expect(problems(alice)).toEqual([problem]);
    expect((await memory.load()).cursor).toBe(cursor);
    expect(alice.seen('saved')).toEqual([]);

    ill.with = undefined;
    await until(() => alice.seen('saved').length === 1);
    expect(await memory.load()).toMatchObject({ cursor: server.head('alice'), drafts: [] });
    await alice.client.close();
    await using again = testClient(server, 'alice', { store: memory });
    again.client.start();
    await until(() => again.seen('live').length === 1);
    expect(again.seen('reset')).toEqual([]);
    expect(again.client.unread.getSnapshot()).toBe(2);
  });
});

describe('a client whose local store has no room', () => {
  it('takes in no more than unsavedLimit says, tries the store ever less often, and loses nothing', async () => {
    const server = new ModelServer();
    const { store, ill } = ailingStore();
    await using alice = testClient(server, 'alice', { store, unsavedLimit: 6 });
    alice.client.start();
    await until(() => alice.seen('live').length === 1);
    ill.with = new LocalStoreError('full', 'no room');
    for (let n = 1; n <= 20; n += 1) server.say('bob', chat, `${n}`);
    await until(() => alice.seen('retrying').some(({ what, attempt }) => what === 'apply' && attempt > 1));
    expect(alice.client.unread.getSnapshot()).toBeLessThan(20);
    ill.with = undefined;
    await until(() => expect(alice.client.unread.getSnapshot()).toBe(20));
  });

  it('sends also what is written in a tab that follows', async () => {
    const server = new ModelServer();
    await using world = new TabWorld(server);
    const [first, second] = [world.open(), world.open()];
    for (const tab of [first, second]) await until(() => tab.client.connection.getSnapshot().state === 'live');
    world.store.breakWith(new LocalStoreError('full', 'no room'));
    const follower = world.leader === first ? second : first;
    const { receipt } = follower.client.conversation(chat).send(text('from the one that follows'));
    expect((await receipt).conversationSeq).toBeGreaterThan(0);
    world.store.breakWith(undefined);
    for (const tab of [first, second]) {
      await until(() => expect(tab.shown(chat)).toEqual(['from the one that follows']));
    }
    await until(async () => expect((await world.store.inner.load()).drafts).toEqual([]));
    expect(server.messagesIn(chat)).toHaveLength(1);
  });
});
