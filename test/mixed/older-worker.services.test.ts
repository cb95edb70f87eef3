import { directConversationId } from '@tidemark/core';
import { expect, test } from 'vitest';
import { eventually } from '../support/app.ts';
import type { StockClient } from '../support/delivery-record.ts';
import { type Deployment, startDeployment } from '../support/deployment.ts';
import { refusal } from '../support/refusal.ts';
import { sendUntilReceipt, untilDone } from '../support/send-until-receipt.ts';
import type { Change } from '../verify/planted/planted-bug.ts';

/** A release that knows no edits. */
const WITHOUT_EDITS: readonly Change[] = [
  { file: 'packages/server/src/features/commands.ts', find: "  'message.edit': editMessage,\n", replace: '' },
];

const conversationId = directConversationId('alice', 'bob');
const TOO_OLD = 'message.edit needs every worker to know it, and these are too old: older';

function startOlder(deployment: Deployment) {
  return deployment.start({ changes: WITHOUT_EDITS, settings: { nodeId: 'older' } });
}

function edit({ trpc }: StockClient, seq: number, said: string) {
  const message = { type: 'text', content: { text: said } } as const;
  return trpc.chat.edit.mutate({ conversationId, target: { seq }, commandId: said, ...message });
}

test('beside a worker that knows no edits they are refused for now, by its name, and all else goes on', async () => {
  await using deployment = await startDeployment();
  const older = await startOlder(deployment);
  const first = { conversationId, clientMessageId: 'm-0', text: 'm-0' };
  const { conversationSeq: seq } = await sendUntilReceipt(deployment.connect(older, 'alice'), first);

  const [worker, gateway] = await Promise.all([
    deployment.start({ settings: { nodeId: 'newer' } }),
    deployment.start({ settings: { nodeId: 'gateway', worker: false } }),
  ]);
  const clients = [worker, gateway].map((server) => deployment.connect(server, 'alice'));
  for (const client of clients) {
    // Its first call.
    expect(await refusal(edit(client, seq, 'too-early'))).toMatchObject({ code: 'unavailable', detail: TOO_OLD });
  }
  for (let n = 1; n <= 20; n++) {
    const draft = { conversationId, clientMessageId: `m-${n}`, text: `m-${n}` };
    await sendUntilReceipt(clients[n % 2] as StockClient, draft);
  }

  await older.close();
  for (const [index, client] of clients.entries()) {
    const { conversationSeq } = await untilDone(() => edit(client, seq, `edit-${index}`));
    expect(conversationSeq).toBe(seq + 21 + index);
  }

  const again = await startOlder(deployment);
  for (const client of clients) {
    await eventually('it is known of', async () => {
      const answer = await edit(client, seq, crypto.randomUUID()).catch(String);
      return typeof answer === 'string' && answer.includes(TOO_OLD);
    });
  }
  process.kill(again.pid, 'SIGKILL');
  for (const [index, client] of clients.entries()) await untilDone(() => edit(client, seq, `last-${index}`));
  const { versions } = await (clients[0] as StockClient).trpc.chat.conversations.versions.query({
    conversationId,
    seq,
  });
  expect(versions.slice(0, 2).map(({ message }) => message.content)).toEqual([{ text: 'last-1' }, { text: 'last-0' }]);
});
