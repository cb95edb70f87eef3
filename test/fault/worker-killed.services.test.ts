import { type CommandId, directConversationId, type Event, type Receipt, type UserId } from '@tidemark/core';
import { expect, test } from 'vitest';
import { eventually } from '../support/app.ts';
import type { StockClient } from '../support/delivery-record.ts';
import { type Deployment, startDeployment } from '../support/deployment.ts';
import { assertPromises } from '../support/promises.ts';
import { sendUntilReceipt } from '../support/send-until-receipt.ts';

const conversationId = directConversationId('alice', 'bob');
const members = new Map([[conversationId, ['alice', 'bob']]]);
const KILL = { conversationId, clientMessageId: 'kill', text: 'KILL' };

function send(client: StockClient, clientMessageId: string): Promise<Receipt> {
  return sendUntilReceipt(client, { conversationId, clientMessageId, text: clientMessageId });
}

async function isStored({ storage }: Deployment, clientMessageId: string): Promise<boolean> {
  const key = { actorId: 'alice' as UserId, commandId: clientMessageId as CommandId };
  return (await storage.history.findByCommand([key])).length > 0;
}

function nameOf(event: Event): string {
  return event.commandId ?? 'created';
}

/**
 * A gateway with both clients, and a worker that will die; senders and feeds outlive it. The gateway does not compare heads
 * within the test's time: what arrives was announced.
 */
async function startScene(deployment: Deployment, kill: 'before-commit' | 'after-commit') {
  const [gateway, doomed] = await Promise.all([
    deployment.start({ settings: { worker: false, tuning: { headsEveryMs: 600_000 } }, events: ['void-written'] }),
    deployment.start({ kill }),
  ]);
  const [alice, bob] = await Promise.all([deployment.follow(gateway, 'alice'), deployment.follow(gateway, 'bob')]);
  const earlier = await send(alice.client, 'earlier');
  return { gateway, doomed, alice, bob, earlier, records: [alice.record, bob.record] };
}

/** Sends once, as a device that is switched off afterwards: the server is on its own with what it accepted. */
async function sendOnce(client: StockClient, { text, ...ids }: typeof KILL): Promise<void> {
  // It fails for want of a receipt, or succeeds when another worker is quick enough.
  await client.trpc.chat.send.mutate({ ...ids, type: 'text', content: { text } }).catch(() => {});
}

test('a worker killed with -9 between commit and acknowledge: its entry is delivered again and the message appears once', async () => {
  await using deployment = await startDeployment();
  const { doomed, alice, records, earlier } = await startScene(deployment, 'after-commit');
  const killing = sendOnce(alice.client, KILL);
  expect(await doomed.ended).toBe('SIGKILL');
  expect(await isStored(deployment, 'kill')).toBe(true);

  const successor = await deployment.start({ events: ['repeated'] });
  await eventually('the entry is found to be carried out', () => successor.seen('repeated').length > 0);
  for (const record of records) await eventually('the message arrives', () => record.times('kill') === 1);
  await killing;
  const receipt = await sendUntilReceipt(alice.client, { ...KILL, text: 'ignored' });
  const again = await sendUntilReceipt(alice.client, KILL);
  const later = await send(alice.client, 'later');

  expect(again).toEqual(receipt);
  await assertPromises({ ...deployment, records, members, receipts: [earlier, receipt, later] });
  for (const record of records) {
    expect(record.of(conversationId).map(nameOf)).toEqual(['created', 'earlier', 'kill', 'later']);
  }
});

test('a worker killed with -9 between allocate and commit: the seq is closed with a void and the resend succeeds once', async () => {
  await using deployment = await startDeployment();
  const { gateway, doomed, alice, records, earlier } = await startScene(deployment, 'before-commit');
  const killing = sendOnce(alice.client, KILL);
  expect(await doomed.ended).toBe('SIGKILL');
  expect(await isStored(deployment, 'kill')).toBe(false);

  await deployment.start();
  await eventually('another worker carries the entry out', () => isStored(deployment, 'kill'));
  for (const record of records) await eventually('the message arrives', () => record.times('kill') === 1);
  await killing;
  const receipt = await sendUntilReceipt(alice.client, KILL);
  const again = await sendUntilReceipt(alice.client, KILL);
  const later = await send(alice.client, 'later');

  expect(again).toEqual(receipt);
  await assertPromises({ ...deployment, records, members, receipts: [earlier, receipt, later] });
  const voids: number[] = [];
  for (const record of records) {
    // The worker that died had allocated the seq before the one that the message has now.
    const { seq } = record.entries.find(({ event }) => event?.commandId === 'kill') as { seq: number };
    expect(record.entries[seq - 2]).toEqual({ seq: seq - 1, event: null });
    voids.push(seq - 1);
    expect(record.of(conversationId).map(nameOf)).toEqual(['created', 'earlier', 'kill', 'later']);
  }
  expect(gateway.seen('void-written').flatMap(({ seqs }) => seqs)).toEqual(expect.arrayContaining(voids));
});

test('a worker killed with -9 in the midst of a burst: another that is alive takes its partitions over', async () => {
  await using deployment = await startDeployment();
  const { doomed, alice, bob, records, earlier } = await startScene(deployment, 'after-commit');
  const burst = Array.from({ length: 60 }, (_, n) => {
    const { client } = n % 2 === 0 ? alice : bob;
    return n === 30 ? sendUntilReceipt(client, KILL) : send(client, `burst-${n}`);
  });
  const successor = deployment.start({ events: ['takeover'] });
  expect(await doomed.ended).toBe('SIGKILL');

  const receipts = await Promise.all(burst);

  expect((await successor).seen('takeover').length).toBeGreaterThan(0);
  await assertPromises({ ...deployment, records, members, receipts: [earlier, ...receipts] });
});
