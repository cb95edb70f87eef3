import type { Event, UserId } from '@tidemark/core';
import { expect, test } from 'vitest';
import { eventually } from '../support/app.ts';
import type { StockClient } from '../support/delivery-record.ts';
import { startDeployment } from '../support/deployment.ts';
import { expectDense, readLog } from '../support/promises.ts';
import { untilDone } from '../support/send-until-receipt.ts';

const MEMBERS = ['bob', 'carol', 'dave', 'erin'] as const;
const ROUNDS = 6;

/** The events of a log that a user is to find in their inbox, worked out from the log alone. */
function ofTheirStays(log: readonly Event[], user: string): number[] {
  let member = false;
  return log.flatMap((event) => {
    const concerned = 'memberIds' in event && event.memberIds.includes(user as UserId);
    if (concerned && event.type !== 'members.removed') member = true;
    const finds = member;
    if (concerned && event.type === 'members.removed') member = false;
    return finds ? [event.conversationSeq] : [];
  });
}

test('members removed while messages are in flight: each sees exactly the events of their stays, and none after', async () => {
  await using deployment = await startDeployment();
  const [one, other] = await Promise.all([deployment.start(), deployment.start()]);
  const owner = await deployment.follow(one, 'owner');
  const devices = await Promise.all(
    MEMBERS.map(async (user, index) => ({ user, ...(await deployment.follow(index % 2 ? one : other, user)) })),
  );
  const { conversationId } = await owner.client.trpc.chat.conversations.createGroup.mutate({ memberIds: [...MEMBERS] });
  const { addMembers, removeMembers } = owner.client.trpc.chat.conversations;
  let refused = 0;
  let stopped = false;

  /** Members may be removed with a message on its way: then it is refused, and that is its answer. */
  async function sendOn(client: StockClient, name: string): Promise<void> {
    for (let n = 1; !stopped; n++) {
      const clientMessageId = `${name}-${n}`;
      const message = { conversationId, clientMessageId, type: 'text', content: { text: clientMessageId } } as const;
      await untilDone<unknown>(() => client.trpc.chat.send.mutate(message)).catch((error: Error) => {
        if (!error.message.startsWith('not_a_member')) throw error;
        refused += 1;
        return new Promise((resolve) => setTimeout(resolve, 5));
      });
    }
  }
  const senders = [{ user: 'owner', ...owner }, ...devices];
  const sending = Promise.all(
    senders.flatMap(({ client, user }) => [sendOn(client, `${user}-a`), sendOn(client, `${user}-b`)]),
  );
  for (let round = 0; round < ROUNDS; round++) {
    for (const user of MEMBERS) {
      await removeMembers.mutate({ conversationId, memberIds: [user] });
      const other = MEMBERS[(MEMBERS.indexOf(user) + 2) % MEMBERS.length] as string;
      await addMembers.mutate({ conversationId, memberIds: [user, other] });
    }
  }
  // The last act: two of them out for good, while everyone sends.
  await removeMembers.mutate({ conversationId, memberIds: ['bob', 'carol'] });
  const outSince = owner.record.entries.length;
  await eventually('messages after the removal', () => owner.record.entries.length > outSince + 40);
  stopped = true;
  await sending;

  const log = await readLog(deployment.storage, conversationId);
  expect(log.filter(({ type }) => type === 'members.removed')).toHaveLength(ROUNDS * MEMBERS.length + 1);
  expect(log.filter(({ type }) => type === 'message.sent').length).toBeGreaterThan(100);
  expect(refused).toBeGreaterThan(0);
  for (const { user, record } of senders) {
    const expected = ofTheirStays(log, user);
    await eventually(`${user} has the events of their stays`, () => record.entries.length >= expected.length);
    expect(
      record.of(conversationId).map(({ conversationSeq }) => conversationSeq),
      `what ${user} saw`,
    ).toEqual(expected);
    expectDense(record);
  }
});
