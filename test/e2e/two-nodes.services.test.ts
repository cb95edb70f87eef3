import { directConversationId, type InboxEntry, type Receipt } from '@tidemark/core';
import { expect, test } from 'vitest';
import { eventually } from '../support/app.ts';
import { beginning, type StockClient } from '../support/delivery-record.ts';
import { startDeployment } from '../support/deployment.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { assertPromises } from '../support/promises.ts';
import { sendUntilReceipt } from '../support/send-until-receipt.ts';
import { type Lane, startTraffic } from '../support/traffic.ts';

const conversationId = directConversationId('alice', 'bob');
const members = new Map([[conversationId, ['alice', 'bob']]]);

/** Sends `count` messages, `window` of them on their way at any time, in any order. */
async function sendMany(client: StockClient, count: number, window: number): Promise<Receipt[]> {
  const receipts: Receipt[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const clientMessageId = `m${next++}`;
      receipts.push(await sendUntilReceipt(client, { conversationId, clientMessageId, text: clientMessageId }));
    }
  };
  await Promise.all(Array.from({ length: window }, lane));
  return receipts;
}

for (const { worker, sender } of [
  { worker: "the sender's", sender: true },
  { worker: "the receiver's", sender: false },
]) {
  test(`two nodes: sender on one, receiver on the other, the worker is ${worker} process`, async () => {
    await using deployment = await startDeployment();
    const [one, other] = await Promise.all([
      deployment.start({ settings: { worker: sender } }),
      deployment.start({ settings: { worker: !sender } }),
    ]);
    const alice = await deployment.follow(one, 'alice');
    const bob = await deployment.follow(other, 'bob');

    const receipts: Receipt[] = [];
    for (let n = 0; n < 50; n++) {
      const draft = { conversationId, clientMessageId: `m${n}`, text: `m${n}` };
      receipts.push(await sendUntilReceipt((n % 2 ? bob : alice).client, draft));
    }

    // After the creation of the conversation, in the order in which they were sent.
    expect(receipts.map(({ conversationSeq }) => conversationSeq)).toEqual(receipts.map((_, n) => n + 2));
    await assertPromises({ ...deployment, records: [alice.record, bob.record], members, receipts });
  });
}

test('a device that missed 10,000 messages catches up, in pages and by its feed, complete and in order', async ({
  annotate,
}) => {
  await using deployment = await startDeployment();
  const [one, other] = await Promise.all([deployment.start(), deployment.start({ settings: { worker: false } })]);
  const alice = deployment.connect(one, 'alice');
  const bob = deployment.connect(other, 'bob');
  let cursor = await beginning(bob);
  const wroteFrom = performance.now();
  const receipts = await sendMany(alice, 10_000, 256);
  const wroteMs = performance.now() - wroteFrom;

  const fedFrom = performance.now();
  const feed = await deployment.follow(other, 'bob', cursor);
  const fedMs = performance.now() - fedFrom;

  const entries: InboxEntry[] = [];
  const pagedFrom = performance.now();
  let pages = 0;
  for (let hasMore = true; hasMore; pages++) {
    const page = await bob.trpc.chat.inbox.since.query({ cursor, limit: 500 });
    if (page.type !== 'entries') throw new Error(`reset: ${page.reason}`);
    entries.push(...(page.entries as readonly unknown[] as InboxEntry[]));
    ({ cursor, hasMore } = page);
  }
  const pagedMs = performance.now() - pagedFrom;

  await annotate(
    `10,000 messages: written in ${wroteMs.toFixed(0)} ms, 256 at a time; read in ${pages} pages in ` +
      `${pagedMs.toFixed(0)} ms; by the feed in ${fedMs.toFixed(0)} ms`,
  );
  expect(pages).toBeGreaterThanOrEqual(20);
  expect(feed.record.entries).toEqual(entries);
  expect(new Set(receipts.map(({ messageId }) => messageId)).size).toBe(10_000);
  await assertPromises({ ...deployment, records: [feed.record], members, receipts });
});

test('a process that is closed gracefully under load loses nothing, and waits for nothing in vain', async () => {
  await using deployment = await startDeployment();
  // Named, since names decide who prefers which partition: both have some.
  const [staying, leaving] = await Promise.all([
    deployment.start({ settings: { nodeId: 'staying' }, events: ['takeover'] }),
    deployment.start({
      settings: { nodeId: 'leaving', tuning: { closeTimeoutMs: PATIENCE_MS } },
      events: ['released', 'close-timed-out'],
    }),
  ]);
  const alice = await deployment.follow(staying, 'alice');
  const bob = await deployment.follow(staying, 'bob');
  const guest = deployment.connect(leaving, 'bob');
  let bobNow = guest;
  const moving: Lane = {
    user: 'bob',
    conversationId,
    get client() {
      return bobNow;
    },
  };
  const constant: Lane = { user: 'alice', conversationId, client: alice.client };
  const traffic = startTraffic([constant, constant, moving, moving, moving, moving], 0);
  await eventually('traffic before', () => traffic.receipts.size > 200);

  // As a load balancer does: nothing new goes to the process that is told to leave.
  bobNow = bob.client;
  await leaving.close();
  const code = await leaving.ended;
  const resumed = traffic.receipts.size + 200;
  await eventually('traffic after', () => traffic.receipts.size > resumed);
  await traffic.stop();

  expect(code).toBeNull();
  expect(leaving.seen('close-timed-out')).toEqual([]);
  const released = leaving.seen('released').filter(({ reason }) => reason === 'closed');
  const takenOver = staying.seen('takeover').map(({ partition }) => partition);
  expect(released.length).toBeGreaterThan(0);
  for (const { partition } of released) expect(takenOver).toContain(partition);
  await assertPromises({
    ...deployment,
    records: [alice.record, bob.record],
    members,
    receipts: [...traffic.receipts.values()],
  });
});
