import { directConversationId, parseCursor, TidemarkError, type UserId } from '@tidemark/core';
import { ManualClock } from '@tidemark/testkit/application';
import { createTRPCClient } from '@trpc/client';
import superjson from 'superjson';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createClient, createConnection } from '../../src/index.ts';
import type { AppRouter } from '../support/fake-router.ts';
import { ModelServer } from '../support/model-server.ts';
import { type SocketServer, socketServer } from '../support/socket-server.ts';
import { until } from '../support/test-client.ts';
import { handDrivenEnvironment } from './hand-driven-environment.ts';

const chat = directConversationId('alice' as UserId, 'bob' as UserId);

/** Bob, live, with what he was told since. */
async function follow(server: SocketServer) {
  const clock = new ManualClock();
  const environment = handDrivenEnvironment();
  let tokens = 0;
  const connection = createConnection({
    url: server.url,
    WebSocket,
    transformer: superjson,
    token: () => {
      tokens += 1;
      return `bob ${tokens}`;
    },
    clock,
    environment,
  });
  const trpc = createTRPCClient<AppRouter>({ links: [connection.link] });
  const client = createClient({ trpc: trpc.chat, userId: 'bob', connection, contentTypes: ['text', 'order'] });
  const seqs: number[] = [];
  const shown = new Set<string>();
  client.on('entry', ({ seq }) => seqs.push(seq));
  client.start();
  await until(() => client.connection.getSnapshot().state === 'live');
  client.on('connection', ({ state }) => shown.add(state));
  const close = async (): Promise<void> => {
    await client.close();
    await connection.close();
  };
  return { client, connection, clock, environment, seqs, shown, [Symbol.asyncDispose]: close };
}

/** How many entries bob's inbox has. */
function head(model: ModelServer): number {
  return parseCursor(model.head('bob')).seq;
}

describe('the feed', () => {
  it('has no gap, no repeat and no break while its token is renewed again and again', async () => {
    const model = new ModelServer();
    await using server = await socketServer(() => model.port('bob'));
    await using bob = await follow(server);
    for (let round = 1; round <= 5; round += 1) {
      bob.connection.renew();
      // Before, while and after the second socket takes over.
      model.say('alice', chat, `${round} before`);
      await until(() => expect(server.opened).toBe(round + 1));
      model.say('alice', chat, `${round} between`);
      await until(() => expect(server.sockets).toBe(1));
      model.say('alice', chat, `${round} after`);
    }
    const all = head(model);
    await until(() => expect(bob.seqs).toHaveLength(all));
    expect(bob.seqs).toEqual(Array.from({ length: all }, (_, index) => index + 1));
    expect(server.tokens).toEqual([1, 2, 3, 4, 5, 6].map((n) => `bob ${n}`));
    expect([...bob.shown].filter((state) => state !== 'catching-up' && state !== 'live')).toEqual([]);
  });

  it('goes on from its cursor after the device slept, without waiting for the old socket', async () => {
    const model = new ModelServer();
    await using server = await socketServer(() => model.port('bob'));
    await using bob = await follow(server);
    model.say('alice', chat, 'before');
    const first = head(model);
    await until(() => expect(bob.seqs).toHaveLength(first));
    server.mute();
    for (let n = 0; n < 20; n += 1) model.say('alice', chat, `asleep ${n}`);
    bob.clock.jump(28_800_000);
    const all = head(model);
    await until(() => expect(bob.seqs).toHaveLength(all));
    expect(bob.seqs).toEqual(Array.from({ length: all }, (_, index) => index + 1));
    await until(() => expect(bob.client.connection.getSnapshot().state).toBe('live'));
    expect([...bob.shown].filter((state) => state !== 'catching-up' && state !== 'live')).toEqual([]);
  });

  it('that gave way to a newer one is not opened again by itself, and goes on when a person says so', async () => {
    const model = new ModelServer();
    await using server = await socketServer(() => model.port('bob'));
    await using bob = await follow(server);
    model.endFeeds('bob', new TidemarkError('displaced', 'at most 32 feeds per user'));
    await until(() => expect(bob.client.connection.getSnapshot()).toEqual({ state: 'kicked' }));
    model.say('alice', chat, 'meanwhile');
    await bob.clock.advance(60_000);
    expect(model.feeds.size).toBe(0);
    bob.connection.open();
    await until(() => expect(bob.client.connection.getSnapshot().state).toBe('live'));
    await until(() => expect(bob.seqs.at(-1)).toBe(head(model)));
  });

  it('shows what its connection shows: offline, kicked, and live again', async () => {
    const model = new ModelServer();
    await using server = await socketServer(() => model.port('bob'));
    await using bob = await follow(server);
    bob.environment.tell('network-gone');
    expect(bob.client.connection.getSnapshot()).toEqual({ state: 'offline' });
    model.say('alice', chat, 'meanwhile');
    bob.environment.tell('network-back');
    await until(() => expect(bob.client.connection.getSnapshot().state).toBe('live'));
    server.close(4409);
    await until(() => expect(bob.client.connection.getSnapshot()).toEqual({ state: 'kicked' }));
    bob.connection.open();
    await until(() => expect(bob.client.connection.getSnapshot().state).toBe('live'));
    expect(bob.seqs).toEqual(bob.seqs.map((_, index) => index + 1));
    expect([...bob.shown]).toEqual(expect.arrayContaining(['offline', 'connecting', 'live', 'kicked']));
  });
});
