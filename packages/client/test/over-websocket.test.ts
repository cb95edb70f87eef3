import { directConversationId } from '@tidemark/core';
import { createTRPCClient } from '@trpc/client';
import superjson from 'superjson';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createClient, createConnection } from '../src/index.ts';
import type { AppRouter } from './support/fake-router.ts';
import { ModelServer } from './support/model-server.ts';
import { socketServer } from './support/socket-server.ts';
import { until } from './support/test-client.ts';

const chat = directConversationId('alice', 'bob');

function connectAs(url: string, userId: string) {
  const connection = createConnection({
    url,
    WebSocket,
    transformer: superjson,
    token: () => userId,
    backoff: { baseMs: 5, capMs: 20 },
  });
  const trpc = createTRPCClient<AppRouter>({ links: [connection.link] });
  const client = createClient({
    trpc: trpc.chat,
    userId,
    connection,
    contentTypes: ['text', 'order'],
    backoff: { baseMs: 5, capMs: 20 },
  });
  const close = async (): Promise<void> => {
    await client.close();
    await connection.close();
  };
  return { client, connection, [Symbol.asyncDispose]: close };
}

describe('a client over the stock tRPC WebSocket link', () => {
  it('sends, receives and goes on where it was after the socket dropped', async () => {
    const model = new ModelServer();
    await using server = await socketServer((token) => model.port(token ?? ''));
    await using alice = connectAs(server.url, 'alice');
    await using bob = connectAs(server.url, 'bob');
    const received: string[] = [];
    const seqs: number[] = [];
    bob.client.on('message', (message) => {
      received.push(
        message.type === 'order' ? `${message.content.orderId} for ${message.content.total}` : message.type,
      );
    });
    bob.client.on('entry', ({ seq }) => seqs.push(seq));
    alice.client.start();
    bob.client.start();
    await until(() => [alice, bob].every(({ client }) => client.connection.getSnapshot().state === 'live'));

    const order = (total: number) => ({ type: 'order', content: { orderId: 'A-17', total } }) as const;
    await alice.client.direct('bob').send(order(1)).receipt;
    await until(() => expect(received).toEqual(['A-17 for 1']));

    for (let round = 2; round < 6; round += 1) {
      server.drop();
      const { receipt } = alice.client.direct('bob').send(order(round));
      model.say('alice', chat, 'from another device');
      expect((await receipt).conversationId).toBe(chat);
    }
    await until(() => expect(received).toHaveLength(9));
    expect(received.filter((line) => line.startsWith('A-17'))).toEqual(
      [1, 2, 3, 4, 5].map((total) => `A-17 for ${total}`),
    );
    expect(seqs).toEqual(seqs.map((_, index) => (seqs[0] ?? 0) + index));
    expect(model.messagesIn(chat)).toHaveLength(9);
  });

  it('is signed out with its connection, and goes on when it is opened again', async () => {
    const model = new ModelServer();
    await using server = await socketServer((token) => model.port(token ?? ''));
    await using alice = connectAs(server.url, 'alice');
    alice.client.start();
    await until(() => alice.client.connection.getSnapshot().state === 'live');
    server.accepts = () => false;
    server.drop();
    await until(() => alice.client.connection.getSnapshot().state === 'signed-out');
    const retried: string[] = [];
    alice.client.on('retrying', ({ what }) => retried.push(what));
    const queued = new Promise((resolve) => alice.client.on('queued', resolve));
    const { receipt } = alice.client.direct('bob').send({ type: 'text', content: { text: 'later' } });
    await queued;
    server.accepts = () => true;
    const attempts = server.tokens.length;
    alice.connection.open();
    await receipt;
    await until(() => alice.client.connection.getSnapshot().state === 'live');
    expect(server.tokens.length).toBe(attempts + 1);
    // Nothing was tried while it had no chance.
    expect(retried).toEqual([]);
  });

  it('ends its subscription on the server when it is closed', async () => {
    const model = new ModelServer();
    await using server = await socketServer((token) => model.port(token ?? ''));
    const alice = connectAs(server.url, 'alice');
    alice.client.start();
    await until(() => alice.client.connection.getSnapshot().state === 'live');
    expect(model.feeds.size).toBe(1);
    await alice.client.close();
    await until(() => expect(model.feeds.size).toBe(0));
    await alice.connection.close();
    await until(() => expect(server.sockets).toBe(0));
  });
});
