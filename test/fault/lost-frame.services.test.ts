import { directConversationId, type Receipt } from '@tidemark/core';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { eventually } from '../support/app.ts';
import { startDeployment } from '../support/deployment.ts';
import { assertPromises } from '../support/promises.ts';
import { sendUntilReceipt } from '../support/send-until-receipt.ts';
import { startTraffic } from '../support/traffic.ts';

const conversationId = directConversationId('alice', 'bob');
const members = new Map([[conversationId, ['alice', 'bob']]]);

/** Rare enough that on a slow machine, too, some gaps are found by the next frame before heads are compared. */
const HEADS_EVERY_MS = 4_000;

for (const { lost, dropFrames, foundBy } of [
  { lost: 'every second', dropFrames: 'odd', foundBy: ['frame', 'heads'] },
  { lost: 'every', dropFrames: 'all', foundBy: ['heads'] },
] as const) {
  test(`a lost pub/sub frame: with ${lost} one lost all messages arrive, the last before silence too`, async () => {
    await using deployment = await startDeployment();
    const [sending, receiving] = await Promise.all([
      deployment.start(),
      deployment.start({
        settings: { worker: false, tuning: { headsEveryMs: HEADS_EVERY_MS } },
        dropFrames,
        events: ['gap-found'],
      }),
    ]);
    const alice = await deployment.follow(sending, 'alice');
    const bob = await deployment.follow(receiving, 'bob');
    const receipts: Receipt[] = [];
    // One at a time, the creation before the first: message 40 has conversationSeq 41, so that the last frame is lost in
    // either case.
    for (let n = 1; n <= 40; n++) {
      const clientMessageId = `m${n}`;
      // A read that an earlier gap caused must not bring the last one, too.
      if (n === 40) await eventually('bob has all before the last', () => bob.record.times('m39') === 1);
      receipts.push(await sendUntilReceipt(alice.client, { conversationId, clientMessageId, text: clientMessageId }));
    }

    await assertPromises({ ...deployment, records: [alice.record, bob.record], members, receipts });
    expect([...new Set(receiving.seen('gap-found').map(({ by }) => by))].sort()).toEqual(foundBy);
  });
}

test('the connection that frames arrive on is cut again and again in mid-traffic: all messages arrive', async () => {
  await using deployment = await startDeployment();
  const [one, other] = await Promise.all([deployment.start(), deployment.start()]);
  const alice = await deployment.follow(one, 'alice');
  const bob = await deployment.follow(other, 'bob');
  const traffic = startTraffic([
    { client: alice.client, user: 'alice', conversationId },
    { client: bob.client, user: 'bob', conversationId },
  ]);
  const redis = new Redis(deployment.redis.url);
  let cuts = 0;
  for (let round = 1; round <= 8; round++) {
    await eventually('traffic between cuts', () => traffic.receipts.size >= round * 20);
    const clients = (await redis.client('LIST')) as string;
    for (const [, id] of clients.matchAll(/^id=(\d+) .*\bname=tidemark-notify\b/gm)) {
      cuts += Number(await redis.call('CLIENT', 'KILL', 'ID', id as string));
    }
  }
  redis.disconnect();
  await traffic.stop();

  expect(cuts).toBeGreaterThan(8);
  await assertPromises({
    ...deployment,
    records: [alice.record, bob.record],
    members,
    receipts: [...traffic.receipts.values()],
  });
});
