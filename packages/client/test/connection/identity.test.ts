import { directConversationId, TidemarkError, type UserId } from '@tidemark/core';
import { createTRPCClient } from '@trpc/client';
import superjson from 'superjson';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type ConnectionOptions, createClient, createConnection, memoryLocalStore } from '../../src/index.ts';
import type { AppRouter } from '../support/fake-router.ts';
import { ModelServer } from '../support/model-server.ts';
import { type SocketServer, socketServer } from '../support/socket-server.ts';
import { until } from '../support/test-client.ts';

const withCarol = directConversationId('alice' as UserId, 'carol' as UserId);

function connect(server: SocketServer, options: Partial<ConnectionOptions>) {
  return createConnection({
    url: server.url,
    WebSocket,
    transformer: superjson,
    backoff: { baseMs: 2, capMs: 20 },
    keepAlive: false,
    ...options,
  });
}

function join(connection: ReturnType<typeof createConnection>, userId: string) {
  const trpc = createTRPCClient<AppRouter>({ links: [connection.link] });
  const store = memoryLocalStore();
  const client = createClient({
    trpc: trpc.chat,
    connection,
    userId,
    contentTypes: ['text', 'order'],
    store,
    backoff: { baseMs: 2, capMs: 20 },
    warnings: false,
  });
  const texts: string[] = [];
  client.on('message', ({ content }) => texts.push('text' in content ? content.text : ''));
  const state = () => client.connection.getSnapshot();
  return { client, store, texts, state, is: (name: string) => until(() => expect(state().state).toBe(name)) };
}

describe('a client whose connection is another user’s', () => {
  it('shows and stores nothing of the one before: for a new user the connection begins anew', async () => {
    const model = new ModelServer();
    await using server = await socketServer((token) => model.port(token ?? 'nobody'));
    let signedIn = 'alice';
    const connection = connect(server, { token: () => signedIn });
    const alice = join(connection, 'alice');
    alice.client.start();
    await alice.is('live');
    await alice.client.close();
    signedIn = 'bob';
    const bob = join(connection, 'bob');
    bob.client.start();
    model.say('carol', withCarol, 'for alice alone');
    model.say('carol', directConversationId('bob' as UserId, 'carol' as UserId), 'for bob');
    await bob.is('live');
    await until(() => expect(bob.client.unread.getSnapshot()).toBe(1));
    expect(server.tokens).toEqual(['alice', 'bob']);
    const rows = (await bob.store.load()).conversations;
    expect(rows.map((row) => row.conversationId)).toEqual(['d:bob,carol']);
    await bob.client.close();
    await connection.close();
  });

  it('takes nothing of a feed that the server says is somebody else’s, asks for a fresh token once, and is signed out', async () => {
    const model = new ModelServer();
    await using server = await socketServer(() => model.port('alice'));
    const refreshes: boolean[] = [];
    const connection = connect(server, {
      token: ({ refresh }) => {
        refreshes.push(refresh);
        return 'of alice, whatever the page believes';
      },
    });
    const bob = join(connection, 'bob');
    bob.client.direct('carol').send({ type: 'text', content: { text: 'must not go out as alice' } });
    bob.client.start();
    model.say('carol', withCarol, 'for alice alone');
    await bob.is('signed-out');
    expect(bob.state()).toMatchObject({ cause: { reason: 'another-user' } });
    expect(refreshes).toEqual([false, true]);
    expect(bob.texts).toEqual([]);
    expect(model.callsOf('send')).toEqual([]);
    const { conversations, drafts } = await bob.store.load();
    expect([conversations.length, drafts.length]).toEqual([0, 1]);
    await bob.client.close();
    await connection.close();
  });

  it('sends nothing before the feed has said whose it is, also after each reconnect', async () => {
    const model = new ModelServer();
    let user = 'alice';
    await using server = await socketServer(() => model.port(user));
    const connection = connect(server, {});
    const alice = join(connection, 'alice');
    alice.client.start();
    await alice.is('live');
    // The cookie is another's now; the page does not know.
    user = 'mallory';
    server.drop();
    alice.client.direct('bob').send({ type: 'text', content: { text: 'from alice' } });
    await alice.is('signed-out');
    expect(model.callsOf('send')).toEqual([]);
    user = 'alice';
    await alice.client.reconnect();
    await until(() => expect(model.messagesIn('d:alice,bob')).toHaveLength(1));
    expect(model.messagesIn('d:alice,bob')[0]?.actorId).toBe('alice');
    await alice.client.close();
    await connection.close();
  });
});

describe('an identity that the application refuses in its procedures', () => {
  const refusing = (model: ModelServer, valid: () => boolean, user: string) => {
    const port = model.port(user);
    return {
      ...port,
      inbox: {
        ...port.inbox,
        feed: {
          subscribe: (...args: Parameters<typeof port.inbox.feed.subscribe>) => {
            if (valid()) return port.inbox.feed.subscribe(...args);
            queueMicrotask(() => args[1].onError(new TidemarkError('unauthenticated', 'the token has expired')));
            return { unsubscribe: () => undefined };
          },
        },
      },
    };
  };

  it('is refreshed once, and lives on with the fresh token', async () => {
    const model = new ModelServer();
    await using server = await socketServer((token) => refusing(model, () => token === 'fresh', 'alice'));
    const connection = connect(server, { token: ({ refresh }) => (refresh ? 'fresh' : 'kept') });
    const alice = join(connection, 'alice');
    alice.client.start();
    await alice.is('live');
    expect(server.tokens).toEqual(['kept', 'fresh']);
    await alice.client.close();
    await connection.close();
  });

  it('is signed out with a reason when the fresh one is refused too, whatever else the server answers meanwhile', async () => {
    const model = new ModelServer();
    await using server = await socketServer(() => refusing(model, () => false, 'alice'));
    const connection = connect(server, { token: ({ refresh }) => (refresh ? 'fresh' : 'kept') });
    const alice = join(connection, 'alice');
    const { hello } = createTRPCClient<AppRouter>({ links: [connection.link] });
    let isOver = false;
    const chatter = (async () => {
      while (!isOver) await hello.query().catch(() => new Promise((resolve) => setImmediate(resolve)));
    })();
    alice.client.start();
    await alice.is('signed-out');
    isOver = true;
    await chatter;
    expect(alice.state()).toMatchObject({ cause: { reason: 'unauthenticated' } });
    expect(server.tokens).toEqual(['kept', 'fresh']);
    await alice.client.close();
    await connection.close();
  });
});
