import { createTRPCClient } from '@trpc/client';
import superjson from 'superjson';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createClient, createConnection } from '../src/index.ts';
import type { AppRouter } from './support/fake-router.ts';
import { ModelServer } from './support/model-server.ts';
import { type SocketServer, socketServer } from './support/socket-server.ts';
import { testClient, until } from './support/test-client.ts';

const text = (words: string) => ({ type: 'text', content: { text: words } }) as const;

async function follow(server: SocketServer) {
  const connection = createConnection({
    url: server.url,
    WebSocket,
    transformer: superjson,
    backoff: { baseMs: 2, capMs: 20 },
    keepAlive: false,
  });
  const trpc = createTRPCClient<AppRouter>({ links: [connection.link] });
  const client = createClient({
    trpc: trpc.chat,
    userId: 'alice',
    connection,
    contentTypes: ['text', 'order'],
    backoff: { baseMs: 2, capMs: 20 },
    warnings: false,
  });
  client.start();
  await until(() => client.connection.getSnapshot().state === 'live');
  const close = async (): Promise<void> => {
    await client.close();
    await connection.close();
  };
  return { client, [Symbol.asyncDispose]: close };
}

describe('a message that is too large', () => {
  it('is failed before it is sent, by what the server said it takes, and holds up nobody', async () => {
    const server = new ModelServer();
    server.limits = { contentBytes: 1_000, frameBytes: 10_000 };
    await using alice = testClient(server, 'alice');
    alice.client.start();
    await until(() => alice.seen('live').length === 1);
    const chat = alice.client.direct('bob');
    const large = chat.send(text('é'.repeat(600)));
    await expect(large.receipt).rejects.toMatchObject({ code: 'content_too_large', field: 'content' });
    await chat.send(text('behind it')).receipt;
    expect(server.callsOf('send')).toHaveLength(1);
    expect(alice.seen('failed')).toHaveLength(1);
    // As large as may be: the JSON around it counts.
    await chat.send(text('x'.repeat(1_000 - '{"text":""}'.length))).receipt;
  });

  it('is failed when the server closes the socket for it twice, and what was under way beside it is stored', async () => {
    const model = new ModelServer();
    // A server that does not say what it takes.
    model.feedOf = null;
    await using server = await socketServer(() => model.port('alice'), { maxPayload: 100_000 });
    await using alice = await follow(server);
    const release = model.hold('send');
    const others = Array.from({ length: 5 }, (_, n) => alice.client.direct(`peer-${n}`).send(text('small')));
    const poison = alice.client.direct('bob').send(text('x'.repeat(200_000)));
    await until(() => expect(server.opened).toBeGreaterThan(1));
    release();
    await expect(poison.receipt).rejects.toMatchObject({ code: 'content_too_large' });
    for (const { receipt } of others) expect((await receipt).conversationSeq).toBeGreaterThan(0);
    await alice.client.direct('bob').send(text('behind it')).receipt;
    expect(server.opened).toBe(3);
  });

  it('meets no other call in its frame: each call is a frame of its own', async () => {
    const model = new ModelServer();
    model.feedOf = null;
    await using server = await socketServer(() => model.port('alice'), { maxPayload: 5_000 });
    await using alice = await follow(server);
    server.drop();
    // All of them wait for the socket, and would leave in one frame.
    const sent = Array.from({ length: 8 }, (_, n) => alice.client.direct(`peer-${n}`).send(text('x'.repeat(2_000))));
    for (const { receipt } of sent) await receipt;
    expect(server.opened).toBe(2);
  });
});
