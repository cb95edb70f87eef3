import { directConversationId } from '@tidemark/core';
import { expect, test } from 'vitest';
import { eventually } from '../support/app.ts';
import { startDeployment } from '../support/deployment.ts';
import { assertPromises } from '../support/promises.ts';
import { startTraffic, type Traffic } from '../support/traffic.ts';

function calledAgain({ retries }: Traffic): number {
  return [...retries.values()].reduce((sum, count) => sum + count, 0);
}

test('the store down in mid-traffic: sends resolve late or are retried, and feeds go on by themselves', async () => {
  await using deployment = await startDeployment({ durable: true });
  const server = await deployment.start({ events: ['retried'] });
  const [alice, bob] = await Promise.all([deployment.follow(server, 'alice'), deployment.follow(server, 'bob')]);
  const conversationId = directConversationId('alice', 'bob');
  const traffic = startTraffic([
    { client: alice.client, user: 'alice', conversationId },
    { client: alice.client, user: 'alice', conversationId },
    { client: bob.client, user: 'bob', conversationId },
  ]);
  await eventually('traffic before', () => traffic.receipts.size > 50);

  await deployment.postgres.kill9();
  const before = { receipts: traffic.receipts.size, calls: calledAgain(traffic), tries: server.seen('retried').length };
  // Down for longer than a call waits for its receipt: callers were told to try again, and the writer tries by itself.
  await eventually('calls are made again', () => calledAgain(traffic) > before.calls);
  await eventually('the writer tries again', () => server.seen('retried').length > before.tries);
  // Receipts that were on their way may still have come; none is given while nothing can be stored.
  expect(traffic.receipts.size - before.receipts).toBeLessThanOrEqual(3);
  await deployment.postgres.restart();

  const resumed = traffic.receipts.size + 50;
  await eventually('traffic after', () => traffic.receipts.size > resumed);
  await traffic.stop();
  await assertPromises({
    ...deployment,
    records: [alice.record, bob.record],
    members: new Map([[conversationId, ['alice', 'bob']]]),
    receipts: [...traffic.receipts.values()],
  });
});
