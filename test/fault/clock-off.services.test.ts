import {
  type ConversationId,
  directConversationId,
  type Event,
  type Seq,
  type Storage,
  type UserId,
} from '@tidemark/core';
import { conversationBuilder } from '@tidemark/testkit';
import { expect, test } from 'vitest';
import { eventually } from '../support/app.ts';
import { type Deployment, startDeployment } from '../support/deployment.ts';
import { sendUntilReceipt } from '../support/send-until-receipt.ts';

const YEAR = 365 * 24 * 3_600_000;
const direct = directConversationId('alice', 'bob');
const DIRECTIONS = [
  ['ahead', YEAR],
  ['behind', -YEAR],
] as const;

async function eventsOf({ storage }: Pick<Deployment, 'storage'>, conversationId = direct): Promise<readonly Event[]> {
  const { events } = await storage.history.range({ userId: 'alice' as UserId, conversationId, after: 0, limit: 500 });
  return events;
}

/** Each was dated by a clock that is right. */
function expectDatedSince(began: number, events: readonly Event[]): void {
  expect(events.length).toBeGreaterThan(0);
  for (const { at } of events) {
    expect(at).toBeGreaterThanOrEqual(began - 300_000);
    expect(at).toBeLessThanOrEqual(Date.now() + 300_000);
  }
}

function draft(n: number) {
  return { conversationId: direct, clientMessageId: `m${n}`, text: `message ${n}` };
}

test.each(DIRECTIONS)(
  'a server whose clock is a year %s from its start: it says so and writes nothing, others do, and its date is nowhere',
  async (_, clockOffsetMs) => {
    const began = Date.now();
    await using deployment = await startDeployment();
    const off = await deployment.start({ clockOffsetMs, events: ['committed'] });
    const alice = deployment.connect(off, 'alice');
    const { clientMessageId, text } = draft(1);
    const sent = { conversationId: direct, clientMessageId, type: 'text', content: { text } } as const;
    await expect(alice.trpc.chat.send.mutate(sent)).rejects.toThrow(/^unavailable: /);
    expect(await off.health()).toMatchObject({ status: 'refused', reasons: [{ what: 'clock' }] });

    const right = await deployment.start();
    const { client, record } = await deployment.follow(right, 'alice');
    const shown = await deployment.follow(off, 'bob');
    for (let n = 1; n <= 10; n += 1) await sendUntilReceipt(client, draft(n));
    await eventually('feeds of both go on', () => record.times('m10') === 1 && shown.record.times('m10') === 1);
    expect(off.seen('committed')).toEqual([]);
    expect(await right.health()).toEqual({ status: 'ok', reasons: [] });

    off.setClockOffset(0);
    await eventually('it takes part again', async () => (await off.health()).status === 'ok');
    await sendUntilReceipt(alice, draft(11));
    expectDatedSince(began, await eventsOf(deployment));
  },
);

test.each(DIRECTIONS)(
  'the clock of the only server jumps by a year, %s, while people send: what it accepts waits, and no wrong date is stored',
  async (_, offset) => {
    const began = Date.now();
    await using deployment = await startDeployment();
    const server = await deployment.start({ events: ['clock-refused'] });
    const alice = deployment.connect(server, 'alice');
    await sendUntilReceipt(alice, draft(0));
    const told: string[] = [];
    const waiting = Promise.all(
      Array.from({ length: 40 }, async (_, n) => {
        if (n === 10) server.setClockOffset(offset);
        return sendUntilReceipt(alice, draft(n + 1), (reason) => told.push(reason));
      }),
    );
    await eventually('it says so', () => server.seen('clock-refused').length > 0);
    const ahead = server.seen('clock-refused')[0]?.aheadMs ?? 0;
    expect(Math.abs(ahead - offset)).toBeLessThan(60_000);
    const late = sendUntilReceipt(alice, draft(41), (reason) => told.push(reason));
    await eventually('a sender is told so', () => told.includes('unavailable'));
    server.setClockOffset(0);
    await Promise.all([waiting, late]);
    const events = await eventsOf(deployment);
    expect(events).toHaveLength(43);
    expectDatedSince(began, events);
  },
);

/** A conversation of the past whose newest message a server had dated that was a year ahead. */
async function datedWrongly(storage: Storage, at: number): Promise<ConversationId> {
  const chat = conversationBuilder({ kind: 'direct', memberIds: ['alice', 'bob'] as UserId[] });
  chat.message();
  const dated = chat.events.map((event) => ({ ...event, at }));
  const rows = dated.flatMap((event, n) =>
    ['alice', 'bob'].map((userId) => ({ userId: userId as UserId, seq: (n + 1) as Seq, ref: event, at })),
  );
  expect(await storage.commit({ events: dated, rows })).toEqual({ conflict: undefined });
  return chat.conversationId;
}

test('a conversation that a clock a year ahead had dated: what follows has the true time, in lists as well', async () => {
  const began = Date.now();
  await using deployment = await startDeployment();
  const conversationId = await datedWrongly(deployment.storage, began + YEAR);
  const server = await deployment.start();
  const alice = deployment.connect(server, 'alice');
  await sendUntilReceipt(alice, { ...draft(1), conversationId });
  const newest = (await eventsOf(deployment, conversationId)).slice(-1);
  expectDatedSince(began, newest);
  const list = await alice.trpc.chat.conversations.list.query({});
  expect(list.conversations[0]?.activeAt).toBe(newest[0]?.at);
});
