import { directConversationId } from '@tidemark/core';
import { expect, test } from 'vitest';
import { eventually } from '../support/app.ts';
import { startDeployment } from '../support/deployment.ts';
import { assertPromises } from '../support/promises.ts';
import { startTraffic } from '../support/traffic.ts';

const DOWN_FOR_MS = 5_000;

test('the store down for 5 s in mid-traffic: sends resolve late or are retried, and feeds go on by themselves', async () => {
  await using deployment = await startDeployment({ durable: true });
  const server = await deployment.start({ events: ['retried'] });
  const [alice, bob] = await Promise.all([deployment.follow(server, 'alice'), deployment.follow(server, 'bob')]);
  const conversationId = directConversationId('alice', 'bob');
  const traffic = startTraffic([
    { client: alice.client, user: 'alice', conversationId },
    { client: alice.client, user: 'alice', conversationId },
    { client: bob.client, user: 'bob', conversationId },
  ]);
  await eventually('traffic before', () => traffic.receipts.size > 50, 30_000);

  await deployment.postgres.kill9();
  const before = traffic.receipts.size;
  await new Promise((resolve) => setTimeout(resolve, DOWN_FOR_MS));
  // Receipts that were on their way may still have come; none is given while nothing can be stored.
  expect(traffic.receipts.size - before).toBeLessThanOrEqual(3);
  await deployment.postgres.restart();

  const resumed = traffic.receipts.size + 50;
  await eventually('traffic after', () => traffic.receipts.size > resumed, 30_000);
  await traffic.stop();
  expect(traffic.slowest).toBeGreaterThan(DOWN_FOR_MS);
  expect(server.seen('retried').length).toBeGreaterThan(0);
  await assertPromises({
    ...deployment,
    records: [alice.record, bob.record],
    members: new Map([[conversationId, ['alice', 'bob']]]),
    receipts: [...traffic.receipts.values()],
  });
});
