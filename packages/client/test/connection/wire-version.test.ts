import { directConversationId, type UserId, WIRE_VERSION } from '@tidemark/core';
import { ManualClock } from '@tidemark/testkit/application';
import { createTRPCClient } from '@trpc/client';
import superjson from 'superjson';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createClient, createConnection } from '../../src/index.ts';
import type { AppRouter } from '../support/fake-router.ts';
import { ModelServer } from '../support/model-server.ts';
import { type SocketServer, socketServer } from '../support/socket-server.ts';
import { passing, until } from '../support/test-client.ts';

const chat = directConversationId('alice' as UserId, 'bob' as UserId);

/** A model that speaks this wire version, and the socket in front of it. */
async function modelOf(wire: number | undefined) {
  const model = new ModelServer();
  model.wire = wire;
  return { model, server: await socketServer(() => model.port('bob')) };
}

function follow(server: SocketServer) {
  const clock = new ManualClock();
  const connection = createConnection({ url: server.url, WebSocket, transformer: superjson, clock });
  const trpc = createTRPCClient<AppRouter>({ links: [connection.link] });
  const kinds = { contentTypes: ['text', 'order'] } as const;
  const client = createClient({ trpc: trpc.chat, userId: 'bob', connection, clock, warnings: false, ...kinds });
  client.start();
  const close = async (): Promise<void> => {
    await client.close();
    await connection.close();
  };
  return { client, connection, clock, [Symbol.asyncDispose]: close };
}

const stateOf = ({ client }: ReturnType<typeof follow>) => client.connection.getSnapshot();

it.each([undefined, WIRE_VERSION - 1, WIRE_VERSION, WIRE_VERSION + 1])(
  'works with a server whose wire version is %s, also after it connects again',
  async (wire) => {
    const { model, server } = await modelOf(wire);
    await using _ = server;
    await using bob = follow(server);
    await until(() => expect(stateOf(bob)).toEqual({ state: 'live' }));
    server.close(1012);
    await until(() => expect(server.sockets).toBe(0));
    const seqs: number[] = [];
    bob.client.on('entry', ({ seq }) => seqs.push(seq));
    model.say('alice', chat, 'meanwhile');
    await passing(bob.clock, () => seqs.length === 2 && stateOf(bob).state === 'live');
    expect(server.opened).toBe(2);
  },
);

it.each([
  [WIRE_VERSION + 2, 'client'],
  [WIRE_VERSION - 2, 'server'],
])('stops at a server whose wire version is %s until the %s is upgraded, and it is opened', async (wire, older) => {
  const { model, server } = await modelOf(wire);
  await using _ = server;
  await using bob = follow(server);
  const detail = `incompatible: the client speaks wire version ${WIRE_VERSION} and the server ${wire}: upgrade the ${older}`;
  await until(() => expect(stateOf(bob)).toEqual({ state: 'incompatible', cause: { reason: 'refused', detail } }));
  await bob.clock.advance(600_000);
  expect([server.opened, server.sockets, model.feeds.size]).toEqual([1, 0, 0]);
  const { receipt } = bob.client.direct('alice').send({ type: 'text', content: { text: 'kept' } });

  bob.connection.open();
  await until(() => expect(server.opened).toBe(2));
  await until(() => expect(stateOf(bob)).toMatchObject({ state: 'incompatible' }));
  model.wire = WIRE_VERSION;
  bob.connection.open();
  await passing(bob.clock, () => stateOf(bob).state === 'live');
  expect(await receipt).toMatchObject({ senderId: 'bob' });
});
