import { directConversationId } from '@tidemark/core';
import { expect, test } from 'vitest';
import { startDeployment } from '../support/deployment.ts';
import { assertPromises } from '../support/promises.ts';
import { sendUntilReceipt } from '../support/send-until-receipt.ts';

test('a duplicate send on two nodes at once: one message, and equal receipts', async () => {
  await using deployment = await startDeployment();
  const [one, other] = await Promise.all([deployment.start(), deployment.start()]);
  const conversationId = directConversationId('alice', 'bob');
  const alice = await deployment.follow(one, 'alice');
  const bob = await deployment.follow(other, 'bob');
  const onBoth = [alice.client, deployment.connect(other, 'alice')];

  const pairs = await Promise.all(
    Array.from({ length: 100 }, (_, n) =>
      // Twice on each: the same device may be impatient, too.
      Promise.all(
        [...onBoth, ...onBoth].map((client) =>
          sendUntilReceipt(client, { conversationId, clientMessageId: `twin-${n}`, text: `twin-${n}` }),
        ),
      ),
    ),
  );

  const receipts = pairs.map(([first, ...others]) => {
    for (const receipt of others) expect(receipt).toEqual(first);
    return first as NonNullable<typeof first>;
  });
  // conversation.created and a hundred messages.
  expect(receipts.map(({ conversationSeq }) => conversationSeq).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 100 }, (_, n) => n + 2),
  );
  await assertPromises({
    ...deployment,
    records: [alice.record, bob.record],
    members: new Map([[conversationId, ['alice', 'bob']]]),
    receipts,
  });
});
