import type { ConversationSeq, Delivery, InboxStore, Seq, UserId } from '@tidemark/core';
import { createMemoryState, memoryInbox } from '@tidemark/storage-memory';
import { describe, expect, test } from 'vitest';
import { type MemoryCounters, memoryInboxSeq } from '../../src/inbox/memory-inbox-seq.ts';
import { RowNumbering } from '../../src/inbox/number-rows.ts';
import { ServerEventBus } from '../../src/server-events.ts';
import { alice, bob, direct } from '../support/commands.ts';
import { recorded } from '../support/recorded.ts';

const NOW = 9_000;

function openNumbering() {
  const inbox: InboxStore = memoryInbox({ state: createMemoryState() });
  const shared: MemoryCounters = new Map();
  const counters = memoryInboxSeq(shared, inbox.epoch);
  const events = new ServerEventBus();
  const numbering = new RowNumbering(counters, inbox, events);
  /** Numbers an event for each of these users, and gives who has which seq, and whether it is a void. */
  const number = async (conversationSeq: number, ...userIds: UserId[]) =>
    (await numbering.number(deliveries(conversationSeq, ...userIds), NOW)).map(({ userId, seq, ref }) =>
      ref ? [userId, seq] : [userId, seq, 'void'],
    );
  const store = (userId: UserId, ...seqs: number[]) =>
    inbox.append(seqs.map((seq) => ({ userId, seq: seq as Seq, ref: null, at: 0 })));
  const lose = () => shared.clear();
  return { inbox, counters, events, numbering, number, store, lose };
}

function deliveries(conversationSeq: number, ...userIds: UserId[]): (Delivery & { at: number })[] {
  const ref = { conversationId: direct, conversationSeq: conversationSeq as ConversationSeq };
  return userIds.map((userId) => ({ userId, ref, at: 1 }));
}

describe('counters', () => {
  test('that are missing are restored from the heads of the inbox store, and said to be', async () => {
    const { number, store, events } = openNumbering();
    const restored = recorded(events, 'counters-restored');
    await store(alice, 1, 2, 3);
    expect(await number(1, alice, bob)).toEqual([
      [alice, 4],
      [bob, 1],
    ]);
    expect(restored).toEqual([{ users: 2 }]);
  });

  test('that were lost in mid-traffic go on where the store is', async () => {
    const { number, numbering, store, lose } = openNumbering();
    expect(await number(1, alice)).toEqual([[alice, 1]]);
    await store(alice, 1);
    numbering.committed();
    lose();
    expect(await number(2, alice)).toEqual([[alice, 2]]);
  });

  test('that are stale are raised after a conflict', async () => {
    const { number, numbering, counters, store, events } = openNumbering();
    const raised = recorded(events, 'counters-raised');
    await counters.raise(new Map([[alice, 1 as Seq]]));
    await store(alice, 1, 2, 3);
    expect(await number(1, alice)).toEqual([[alice, 2]]);
    await numbering.afterConflict();
    expect(await number(1, alice)).toEqual([[alice, 4]]);
    expect(raised).toEqual([{ users: 1 }]);
  });

  test('that are ahead of the store are left alone', async () => {
    const { number, counters, store } = openNumbering();
    await counters.raise(new Map([[alice, 7 as Seq]]));
    await store(alice, 1);
    expect(await number(1, alice)).toEqual([[alice, 8]]);
  });
});

describe('deliveries', () => {
  test('of one user have ascending seqs, in their order', async () => {
    const { numbering } = openNumbering();
    const rows = await numbering.number(
      [...deliveries(1, alice, bob), ...deliveries(2, bob), ...deliveries(3, bob)],
      NOW,
    );
    expect(rows.filter((row) => row.userId === bob).map((row) => [row.seq, row.ref?.conversationSeq])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });

  test('keep the time of their events, whatever the time now', async () => {
    const { numbering } = openNumbering();
    expect(await numbering.number(deliveries(1, alice), NOW)).toMatchObject([{ at: 1, ref: { conversationSeq: 1 } }]);
  });

  test('of nobody take nothing from any counter', async () => {
    const { numbering, counters } = openNumbering();
    expect(await numbering.number([], NOW)).toEqual([]);
    expect(await counters.current([alice])).toEqual(new Map());
  });
});

describe('seqs of an attempt that did not commit', () => {
  test('number the same deliveries again, so that a long outage leaves no voids', async () => {
    const { number, counters } = openNumbering();
    const first = await number(1, alice, bob);
    for (let attempt = 0; attempt < 10; attempt++) expect(await number(1, alice, bob)).toEqual(first);
    expect((await counters.current([alice])).get(alice)).toBe(1);
  });

  test('are closed where the deliveries are others, which get seqs above them', async () => {
    const { number } = openNumbering();
    await number(1, alice, bob);
    expect(await number(2, alice)).toEqual([
      [alice, 2],
      [alice, 1, 'void'],
      [bob, 1, 'void'],
    ]);
  });

  test('are closed, with the time of now, also when nothing is to be delivered', async () => {
    const { number, numbering } = openNumbering();
    await number(1, alice);
    expect(await numbering.number([], NOW)).toEqual([{ userId: alice, seq: 1, ref: null, at: NOW }]);
  });

  test('are forgotten once they are committed', async () => {
    const { number, numbering } = openNumbering();
    await number(1, alice);
    numbering.committed();
    expect(await number(2, alice)).toEqual([[alice, 2]]);
  });

  test('and that are taken meanwhile are not used again, while those above the head are', async () => {
    const { numbering, store } = openNumbering();
    const three = [...deliveries(1, alice), ...deliveries(2, alice), ...deliveries(3, alice)];
    expect((await numbering.number(three, NOW)).map((row) => row.seq)).toEqual([1, 2, 3]);
    await store(alice, 1, 2);
    await numbering.afterConflict();
    expect((await numbering.number(three, NOW)).map((row) => row.seq)).toEqual([3, 4, 5]);
  });

  test('and that some reader has closed meanwhile are not closed again', async () => {
    const { number, numbering, inbox } = openNumbering();
    await number(1, alice);
    await number(2, bob);
    await inbox.fillVoids(alice, [1 as Seq], NOW);
    await numbering.afterConflict();
    expect(await number(2, bob)).toEqual([[bob, 1]]);
  });
});
