import { createConnection } from '@tidemark/client';
import { directConversationId, type FeedItem } from '@tidemark/core';
import { createTRPCClient } from '@trpc/client';
import superjson from 'superjson';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type AppRouter, connectStock, eventually, startApp } from '../support/app.ts';

const conversationId = directConversationId('alice', 'bob');

test('a message from one typed client reaches another, live', async () => {
  await using app = await startApp();
  await using alice = connectStock(app.wsUrl, 'alice');
  await using bob = connectStock(app.wsUrl, 'bob');
  const items: FeedItem<{ text: { text: string }; order: { orderId: string; total: number } }>[] = [];
  bob.trpc.chat.inbox.feed.subscribe({}, { onData: ({ data }) => items.push(data) });
  await eventually('bob is live', () => items.some((item) => item.type === 'live'));

  const receipt = await alice.trpc.chat.send.mutate({
    conversationId,
    clientMessageId: 'm1',
    type: 'text',
    content: { text: 'hello' },
  });

  expect(receipt).toMatchObject({ conversationId, conversationSeq: 2, senderId: 'alice', clientMessageId: 'm1' });
  const entries = await eventually('the message', () => {
    const all = items.flatMap((item) => (item.type === 'entries' ? item.entries : []));
    return all.length === 2 && all;
  });
  expect(entries.map((entry) => entry.seq)).toEqual([1, 2]);
  expect(entries[1]?.event).toMatchObject({
    type: 'message.sent',
    message: { type: 'text', content: { text: 'hello' } },
  });
});

test('a client that was away catches up by seq, and the stock client resumes by itself', async () => {
  await using app = await startApp();
  await using alice = connectStock(app.wsUrl, 'alice');
  await using bob = connectStock(app.wsUrl, 'bob', 200);
  const seqs: number[] = [];
  bob.trpc.chat.inbox.feed.subscribe(
    {},
    { onData: ({ data }) => seqs.push(...(data.type === 'entries' ? data.entries.map((entry) => entry.seq) : [])) },
  );
  const send = (n: number) =>
    alice.trpc.chat.send.mutate({
      conversationId,
      clientMessageId: `m${n}`,
      type: 'order',
      content: { orderId: `${n}`, total: n },
    });
  await app.next('feed-opened');
  await send(0);
  await eventually('the first', () => seqs.length === 2);
  bob.cut();
  for (let n = 1; n <= 20; n++) await send(n);
  await eventually('all of them', () => seqs.length >= 22);
  expect(seqs).toEqual(Array.from({ length: 22 }, (_, index) => index + 1));
});

test('calls of one tick are all served over a connection of the client, however many they are', async () => {
  await using app = await startApp();
  const connection = createConnection({
    url: app.wsUrl,
    WebSocket,
    transformer: superjson,
    token: () => 'token-alice',
  });
  const trpc = createTRPCClient<AppRouter>({ links: [connection.link] });
  const sends = Array.from({ length: 100 }, (_, n) =>
    trpc.chat.send.mutate({ conversationId, clientMessageId: `m${n}`, type: 'text', content: { text: `${n}` } }),
  );
  const seqs = (await Promise.all(sends)).map((receipt) => receipt.conversationSeq as number);
  expect(seqs).toEqual(Array.from({ length: 100 }, (_, n) => n + 2));
  await connection.close();
});
