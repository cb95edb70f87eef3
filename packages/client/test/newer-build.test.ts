import { directConversationId, parseUserId } from '@tidemark/core';
import { describe, expect, it } from 'vitest';
import { type LocalStore, memoryLocalStore } from '../src/index.ts';
import { ModelServer } from './support/model-server.ts';
import { type TestClient, testClient, until } from './support/test-client.ts';

const chat = directConversationId('alice', 'bob');

async function live(client: TestClient): Promise<void> {
  client.client.start();
  client.client.conversation(chat).messages.subscribe(() => undefined);
  await until(() => client.seen('live').length > 0);
}

/** What a build left behind that did not know these types: events as they came, and nothing of what they say. */
async function leftBy(server: ModelServer, store: LocalStore, unknownTypes: readonly string[]): Promise<void> {
  await using alice = testClient(server, 'alice', { store });
  await live(alice);
  await until(() => expect(alice.shown(chat)).toHaveLength(1));
  await alice.client.close();
  await store.open(parseUserId('alice'));
  const { conversations } = await store.load();
  const [row] = conversations.filter(({ conversationId }) => conversationId === chat);
  const plain = server.messagesIn(chat).slice(0, 1);
  await store.transaction({ conversations: row ? [{ ...row, unknownTypes }] : [], events: plain });
}

describe('a build that knows more types of events than the one before', () => {
  it('folds anew what that one had met and not understood, and keeps its drafts', async () => {
    const server = new ModelServer();
    const store = memoryLocalStore();
    server.say('bob', chat, 'one');
    server.edit('bob', chat, 2, 'One');
    await leftBy(server, store, ['message.edited']);
    server.fail('send', 'unavailable', 1_000);
    await using alice = testClient(server, 'alice', { store });
    alice.client.direct('bob').send({ type: 'text', content: { text: 'draft' } });
    await live(alice);
    expect(alice.seen('reset')).toMatchObject([{ reason: 'new' }]);
    await until(() => expect(alice.shown(chat)).toEqual(['One', 'draft (pending)']));
    const { conversations } = await store.load();
    expect(conversations.map(({ unknownTypes }) => unknownTypes)).toEqual(conversations.map(() => undefined));
  });

  it('goes on where it was when it still does not know them', async () => {
    const server = new ModelServer();
    const store = memoryLocalStore();
    server.say('bob', chat, 'one');
    await leftBy(server, store, ['message.juggled']);
    await using alice = testClient(server, 'alice', { store });
    await live(alice);
    expect(alice.seen('reset')).toEqual([]);
    expect(alice.shown(chat)).toEqual(['one']);
  });

  it.each(['feed', 'page'] as const)('finds noted which they were: of an event that came by the %s', async (by) => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice');
    if (by === 'feed') await live(alice);
    server.say('bob', chat, 'one');
    server.sayUnknown('bob', chat, 'message.juggled');
    server.sayUnknown('bob', chat, 'message.juggled');
    if (by === 'page') await live(alice);
    await until(async () => {
      const { conversations } = await alice.store.load();
      const [row] = conversations.filter(({ conversationId }) => conversationId === chat);
      expect(row?.unknownTypes).toEqual(['message.juggled']);
    });
    expect(alice.shown(chat)).toEqual(['one']);
  });
});
