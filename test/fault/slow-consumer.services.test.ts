import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { eventually } from '../support/app.ts';
import { beginning, type StockClient } from '../support/delivery-record.ts';
import { startDeployment } from '../support/deployment.ts';
import { untilDone } from '../support/send-until-receipt.ts';

const MESSAGES = 400;
const MESSAGE_BYTES = 60_000;
const SLOW_SOCKETS = 6;
const SOCKET_BUFFER_BYTES = 256 * 1024;
/** What a process may hold more than before: a ninth of what would wait if nothing bounded the sockets, and less than the messages. */
const GROWTH_BYTES = 16e6;
/** Nobody is cut for reading nothing, however long the machine takes to send what is not read. */
const LIMITS = {
  limits: { socketBufferBytes: SOCKET_BUFFER_BYTES, slowSocketGraceMs: 3_600_000 },
};
const members = ['bob', 'sloth'];

/** A device that speaks tRPC's wire by hand, so that it decides when to read from its socket. */
async function openRawFeed(wsUrl: string, user: string, cursor?: string) {
  const socket = new WebSocket(`${wsUrl}?connectionParams=1`, { perMessageDeflate: false });
  const seqs: number[] = [];
  let live = 0;
  socket.on('message', (data: Buffer) => {
    const text = data.toString();
    for (const [, seq] of text.matchAll(/"seq":(\d+)/g)) seqs.push(Number(seq));
    if (text.includes('"type":"live"')) live += 1;
  });
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send(JSON.stringify({ method: 'connectionParams', data: { token: `token-${user}` } }));
  const params = { path: 'chat.inbox.feed', input: { json: { cursor } } };
  socket.send(JSON.stringify({ id: 1, method: 'subscription', params }));
  return { socket, seqs, untilLive: () => eventually('the raw feed is live', () => live > 0) };
}

async function createGroup(client: StockClient): Promise<string> {
  const { createGroup } = client.trpc.chat.conversations;
  return (await untilDone(() => createGroup.mutate({ memberIds: members }))).conversationId;
}

/** Sends large messages, a few at a time, and calls `between` now and then. */
async function sendLarge(client: StockClient, conversationId: string, between: () => Promise<void>): Promise<void> {
  const orderId = 'x'.repeat(MESSAGE_BYTES);
  const send = (n: number) =>
    untilDone(() =>
      client.trpc.chat.send.mutate({
        conversationId,
        clientMessageId: `large-${n}`,
        type: 'order',
        content: { orderId, total: n },
      }),
    );
  for (let n = 0; n < MESSAGES; n += 8) {
    await Promise.all(Array.from({ length: 8 }, (_, index) => send(n + index)));
    if (n % 40 === 0) await between();
  }
}

test('a slow consumer: memory stays bounded, others are served, and it reads on from its cursor without a gap', async () => {
  await using deployment = await startDeployment();
  const server = await deployment.start({ settings: LIMITS, events: ['slow-consumer'] });
  const alice = deployment.connect(server, 'alice');
  const bob = await deployment.follow(server, 'bob');
  const slow = await Promise.all(Array.from({ length: SLOW_SOCKETS }, () => openRawFeed(server.wsUrl, 'sloth')));
  await Promise.all(slow.map((feed) => feed.untilLive()));
  const conversationId = await createGroup(alice);

  const before = await server.memory();
  for (const { socket } of slow) socket.pause();
  let most = 0;
  await sendLarge(alice, conversationId, async () => {
    most = Math.max(most, await server.memory());
  });

  // bob, who reads, has everything while sloth, who does not, has little of it.
  await eventually('bob has everything', () => bob.record.entries.length === MESSAGES + 1);
  expect(slow.every(({ seqs }) => seqs.length < MESSAGES / 2)).toBe(true);
  const slowness = server.seen('slow-consumer').filter(({ userId }) => userId === 'sloth');
  expect(slowness.length).toBeGreaterThanOrEqual(SLOW_SOCKETS);
  expect(most - before).toBeLessThan(GROWTH_BYTES);

  await readOn(slow);
});

test('a slow consumer that comes back to hundreds of large messages: its catch-up is bounded, too', async () => {
  await using deployment = await startDeployment();
  const server = await deployment.start({ settings: LIMITS, events: ['slow-consumer'] });
  const alice = deployment.connect(server, 'alice');
  const cursor = await beginning(alice);
  await sendLarge(alice, await createGroup(alice), async () => {});

  const before = await server.memory();
  const slow = await Promise.all(
    Array.from({ length: SLOW_SOCKETS }, async () => {
      const feed = await openRawFeed(server.wsUrl, 'sloth', cursor);
      feed.socket.pause();
      return feed;
    }),
  );
  await eventually('all are found to be slow', () => server.seen('slow-consumer').length >= SLOW_SOCKETS);
  const most = await server.memory();
  expect(most - before).toBeLessThan(GROWTH_BYTES);

  await readOn(slow);
});

/** The slow ones read again, and get everything in order without a gap. */
async function readOn(slow: readonly Awaited<ReturnType<typeof openRawFeed>>[]): Promise<void> {
  for (const { socket } of slow) socket.resume();
  const expected = Array.from({ length: MESSAGES + 1 }, (_, n) => n + 1);
  for (const { seqs, socket } of slow) {
    await eventually('the slow one has everything', () => seqs.length > MESSAGES);
    expect(seqs).toEqual(expected);
    socket.terminate();
  }
}
