import { directConversationId, type Receipt } from '@tidemark/core';
import { expect, test } from 'vitest';
import { beginning, type StockClient } from '../support/delivery-record.ts';
import { startDeployment } from '../support/deployment.ts';
import { assertPromises } from '../support/promises.ts';
import { sendUntilReceipt } from '../support/send-until-receipt.ts';

const TWINS = 100;
const conversationId = directConversationId('alice', 'bob');
const members = new Map([[conversationId, ['alice', 'bob']]]);

/** Sends the same messages through each client at once, and returns the receipts by message. */
function sendThroughAll(clients: readonly StockClient[]): Promise<Receipt[][]> {
  const numbers = Array.from({ length: TWINS }, (_, n) => n);
  return Promise.all(
    numbers.map((n) => {
      const draft = { conversationId, clientMessageId: `twin-${n}`, text: `twin-${n}` };
      return Promise.all(clients.map((client) => sendUntilReceipt(client, draft)));
    }),
  );
}

test('a duplicate send on two nodes at once: one message, and equal receipts, then and from nodes that come later', async () => {
  await using deployment = await startDeployment();
  const [one, other] = await Promise.all([deployment.start(), deployment.start()]);
  const alice = await deployment.follow(one, 'alice');
  const bob = await deployment.follow(other, 'bob');
  const onBoth = [alice.client, deployment.connect(other, 'alice')];

  // Twice on each: the same device may be impatient, too.
  const twins = await sendThroughAll([...onBoth, ...onBoth]);

  const receipts = twins.map(([first, ...others]) => {
    for (const receipt of others) expect(receipt).toEqual(first);
    return first as Receipt;
  });
  // The conversation's creation, and a hundred messages.
  expect(receipts.map(({ conversationSeq }) => conversationSeq).sort((a, b) => a - b)).toEqual(
    Array.from({ length: TWINS }, (_, n) => n + 2),
  );
  await assertPromises({ ...deployment, records: [alice.record, bob.record], members, receipts });

  // Nobody remembers them any more but the store.
  await Promise.all([one.close(), other.close()]);
  const [third, fourth] = await Promise.all([deployment.start(), deployment.start()]);
  const late = deployment.connect(third, 'alice');
  const again = await sendThroughAll([late, deployment.connect(fourth, 'alice')]);
  for (const [n, twin] of again.entries()) expect(twin).toEqual([receipts[n], receipts[n]]);
  const newDevice = await deployment.follow(fourth, 'bob', await beginning(late));
  await assertPromises({ ...deployment, records: [newDevice.record], members, receipts });
});
