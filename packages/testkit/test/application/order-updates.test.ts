import type { Storage } from '@tidemark/core';
import { createMessaging } from '@tidemark/server';
import { memoryStorage } from '@tidemark/storage-memory';
import { testServer, until } from '@tidemark/testkit/application';
import { initTRPC } from '@trpc/server';
import type { CreateWSSContextFnOptions } from '@trpc/server/adapters/ws';
import { expect, test } from 'vitest';
import { z } from 'zod';

// Yours: what your server does at its start, but for the HTTP server.
function createApp(storage: Storage) {
  const t = initTRPC.context<{ user: { id: string } }>().create();
  const content = { text: z.object({ text: z.string() }), order: z.object({ orderId: z.string(), total: z.number() }) };
  const messaging = createMessaging({ content, storage });
  const router = t.router({
    chat: messaging.procedures(t.procedure, { userId: (ctx) => ctx.user.id }),
  });
  const createContext = ({ info }: CreateWSSContextFnOptions) => ({
    user: { id: info.connectionParams?.['token'] ?? '' },
  });
  return { messaging, router, createContext };
}

async function openShop() {
  const storage = memoryStorage(); // outlives a restart
  const server = await testServer(() => createApp(storage));
  const phone = server.device('alice');
  const laptop = server.device('bob');
  const contentTypes = ['text', 'order'] as const;
  return {
    server,
    phone,
    alice: phone.client(phone.trpc.chat, { contentTypes }),
    bob: laptop.client(laptop.trpc.chat, { contentTypes }),
  };
}

const order = { type: 'order', content: { orderId: 'A-17', total: 42 } } as const;

test('what is sent without a network arrives when there is one again', async () => {
  const { server, phone, alice, bob } = await openShop();
  phone.offline();
  const { receipt } = alice.direct('bob').send(order);
  phone.online();
  await receipt; // stored
  await until(() => bob.unread.getSnapshot() === 1);
  await server.close();
});

test('an order whose answer is lost is there once', async () => {
  const { server, alice, bob } = await openShop();
  const lost = server.loseAnswer('send');
  const { receipt } = alice.direct('bob').send(order);
  await lost; // stored, and alice does not know
  await receipt; // sent again under the same id
  const { messages } = bob.direct('alice');
  messages.subscribe(() => {});
  await until(() => messages.getSnapshot().items.length > 0);
  expect(messages.getSnapshot().items).toMatchObject([order]);
  await server.close();
});

test('a restarted server goes on where it was', async () => {
  const { server, alice, bob } = await openShop();
  await alice.direct('bob').send(order).receipt;
  await server.restart();
  await alice.direct('bob').send(order).receipt;
  await until(() => bob.unread.getSnapshot() === 2);
  await server.close();
});
