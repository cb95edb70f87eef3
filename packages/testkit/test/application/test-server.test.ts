import { createClient, createConnection } from '@tidemark/client';
import { TidemarkError } from '@tidemark/core';
import { createMessaging } from '@tidemark/server';
import { memoryStorage } from '@tidemark/storage-memory';
import { createTRPCClient } from '@trpc/client';
import { initTRPC, TRPCError } from '@trpc/server';
import type { CreateWSSContextFnOptions } from '@trpc/server/adapters/ws';
import superjson from 'superjson';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ManualClock, testServer, until } from '../../src/application.ts';

const storage = memoryStorage;

function createApp(store = storage()) {
  const t = initTRPC.context<{ user: { id: string } }>().create({ transformer: superjson });
  const content = { text: z.object({ text: z.string() }), order: z.object({ orderId: z.string(), total: z.number() }) };
  const messaging = createMessaging({ content, storage: store });
  const router = t.router({
    chat: messaging.procedures(t.procedure, { userId: (ctx) => ctx.user.id }),
    today: t.procedure.query(() => new Date(0)),
  });
  return {
    messaging,
    router,
    createContext: ({ info }: CreateWSSContextFnOptions) => {
      const [, id] = /^token-(.+)$/.exec(info.connectionParams?.['token'] ?? '') ?? [];
      if (id === undefined) throw new TRPCError({ code: 'UNAUTHORIZED' });
      return { user: { id } };
    },
  };
}

const tokenOf = (userId: string) => `token-${userId}`;
const text = (words: string) => ({ type: 'text', content: { text: words } }) as const;

/** A server with two people who are live. */
async function shop() {
  const kept = storage();
  let started = 0;
  const server = await testServer(
    () => {
      started += 1;
      return createApp(kept);
    },
    { tokenOf },
  );
  const device = server.device('alice');
  const alice = device.client(device.trpc.chat, { contentTypes: ['text', 'order'] });
  const laptop = server.device('bob');
  const bob = laptop.client(laptop.trpc.chat, { contentTypes: ['text', 'order'] });
  await until(() => [alice, bob].every(({ connection }) => connection.getSnapshot().state === 'live'));
  return {
    server,
    device,
    alice,
    bob,
    get started() {
      return started;
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

describe('a server without a port', () => {
  test('the application’s own transformer, procedures and kinds are those of its clients', async () => {
    await using all = await shop();
    expect(await all.device.trpc.today.query()).toEqual(new Date(0));
    const seen: number[] = [];
    all.bob.on('message', (message) => {
      if (message.type === 'order') seen.push(message.content.total);
    });
    await all.alice.direct('bob').send({ type: 'order', content: { orderId: 'A-17', total: 42 } }).receipt;
    await until(() => seen.length > 0);
    expect(seen).toEqual([42]);
  });

  test('a device without a network says so, keeps what is written, and sends it when there is one again', async () => {
    await using all = await shop();
    all.device.offline();
    await until(() => all.alice.connection.getSnapshot().state === 'offline');
    const { receipt } = all.alice.direct('bob').send(text('later'));
    await all.bob.direct('alice').send(text('meanwhile')).receipt;
    expect(all.alice.unread.getSnapshot()).toBe(0);
    all.device.online();
    await receipt;
    await until(() => all.alice.unread.getSnapshot() === 1);
  });

  test('a lost answer cuts the socket, and the message is sent again under its id', async () => {
    await using all = await shop();
    const retried: string[] = [];
    all.alice.on('retrying', ({ what }) => retried.push(what));
    const lost = all.server.loseAnswer('chat.send');
    const { receipt } = all.alice.direct('bob').send(text('once'));
    await lost;
    const { conversationSeq } = await receipt;
    const next = await all.alice.direct('bob').send(text('next')).receipt;
    expect(next.conversationSeq).toBe(conversationSeq + 1);
  });

  test('an error of the table is met with patience, and one of the application’s own is final', async () => {
    await using all = await shop();
    const serve = all.server.refuse(new TidemarkError('overloaded', 'for a while'), 'send');
    const retrying = new Promise<void>((resolve) => all.alice.on('retrying', () => resolve()));
    const { receipt } = all.alice.direct('bob').send(text('patient'));
    await retrying;
    serve();
    await receipt;
    const allow = all.server.refuse(new TRPCError({ code: 'FORBIDDEN', message: 'not on Sundays' }), 'chat.send');
    const refused = all.alice.direct('bob').send(text('refused')).receipt;
    await expect(refused).rejects.toMatchObject({ code: 'forbidden', detail: 'not on Sundays' });
    allow();
    await all.alice.direct('bob').send(text('let in again')).receipt;
  });

  test('while it is stopped nobody connects, and after a restart everybody goes on', async () => {
    await using all = await shop();
    await all.server.stop();
    expect(all.server.connections).toBe(0);
    const { receipt } = all.alice.direct('bob').send(text('into the dark'));
    // First it is closed, then it cannot connect.
    await until(() => {
      const now = all.alice.connection.getSnapshot();
      return now.state === 'waiting' && now.cause.detail === 'the server is stopped';
    });
    await all.server.start();
    await receipt;
    await all.server.restart();
    expect(all.started).toBe(3);
    await all.bob.direct('alice').send(text('after it')).receipt;
    await until(() => all.alice.unread.getSnapshot() === 1);
  });

  test('who is refused by createContext is signed out, as by the gate', async () => {
    await using all = await shop();
    const stranger = all.server.device('eve', { token: 'forged' });
    const client = stranger.client(stranger.trpc.chat, { contentTypes: ['text'] });
    await until(() => client.connection.getSnapshot().state === 'signed-out');
  });

  test('the application’s own code connects with the class of its sockets', async () => {
    await using all = await shop();
    const connection = createConnection({
      url: 'ws://test',
      WebSocket: all.server.WebSocket,
      transformer: superjson,
      token: () => 'token-carol',
    });
    const trpc = createTRPCClient<ReturnType<typeof createApp>['router']>({ links: [connection.link] });
    const carol = createClient({ trpc: trpc.chat, connection, userId: 'carol', contentTypes: ['text'] });
    carol.start();
    await carol.direct('alice').send(text('hello')).receipt;
    await until(() => all.alice.unread.getSnapshot() === 1);
    await carol.close();
    await connection.close();
  });
});

describe('a clock that a test moves', () => {
  test('decides when a client tries again', async () => {
    const kept = storage();
    await using server = await testServer(() => createApp(kept), { tokenOf });
    const clock = new ManualClock();
    const device = server.device('alice', { clock, backoff: { baseMs: 60_000, capMs: 60_000 } });
    const alice = device.client(device.trpc.chat, { contentTypes: ['text'] });
    await until(() => alice.connection.getSnapshot().state === 'live');
    await server.stop();
    await until(() => alice.connection.getSnapshot().state === 'waiting');
    await server.start();
    await clock.advance(10_000);
    expect(alice.connection.getSnapshot().state).toBe('waiting');
    await clock.advance(60_000);
    await until(() => alice.connection.getSnapshot().state === 'live');
  });

  test('wakes sleepers in order, each at its time, and late ones together after a jump', async () => {
    const clock = new ManualClock();
    const woken: [string, number][] = [];
    const sleep = async (name: string, ms: number) => {
      await clock.sleep(ms);
      woken.push([name, clock.monotonic()]);
    };
    void sleep('second', 20);
    void sleep('first', 10).then(() => sleep('third', 15));
    expect(clock.pendingMs).toEqual([10, 20]);
    await clock.advance(30);
    expect(woken).toEqual([
      ['first', 10],
      ['second', 20],
      ['third', 25],
    ]);
    void sleep('late', 5);
    void sleep('later', 7);
    clock.jump(100);
    await clock.advance(0);
    expect(woken.slice(3)).toEqual([
      ['late', 130],
      ['later', 130],
    ]);
    expect(clock.sleeping).toBe(0);
    expect(await clock.finish(clock.sleep(1_000).then(() => clock.now()))).toBe(1_700_000_001_130);
  });
});
