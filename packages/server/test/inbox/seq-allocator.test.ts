import type { ConversationSeq, Delivery, InboxStore, Seq, UserId } from '@tidemark/core';
import { createMemoryState, memoryInbox } from '@tidemark/storage-memory';
import { describe, expect, test } from 'vitest';
import { type MemoryCounters, memoryInboxSeq } from '../../src/inbox/memory-inbox-seq.ts';
import { SeqAllocator } from '../../src/inbox/seq-allocator.ts';
import { ServerEventBus } from '../../src/server-events.ts';
import { alice, bob, direct, group } from '../support/commands.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { recorded } from '../support/recorded.ts';

function openAllocator() {
  const inbox: InboxStore = memoryInbox({ state: createMemoryState() });
  const shared: MemoryCounters = new Map();
  const clock = new ManualClock();
  const counters = memoryInboxSeq(shared, inbox.epoch, () => clock.monotonic());
  const events = new ServerEventBus();
  const allocator = new SeqAllocator(counters, inbox, events, clock);
  /** Numbers an event for each of these users, and gives who has which seq, and whether it is a void. */
  const number = async (conversationSeq: number, ...userIds: UserId[]) =>
    (await allocator.allocate(deliveries(conversationSeq, ...userIds), true)).map(({ userId, seq, ref }) =>
      ref ? [userId, seq] : [userId, seq, 'void'],
    );
  const store = (userId: UserId, ...seqs: number[]) =>
    inbox.append(seqs.map((seq) => ({ userId, seq: seq as Seq, ref: null, at: 0 })));
  const lose = () => shared.clear();
  return { inbox, counters, clock, events, allocator, number, store, lose };
}

function deliveries(conversationSeq: number, ...userIds: UserId[]): (Delivery & { at: number })[] {
  const ref = { conversationId: direct, conversationSeq: conversationSeq as ConversationSeq };
  return userIds.map((userId) => ({ userId, ref, at: 1 }));
}

test('seqs of a batch that was not committed number its parts, one after the other, and nothing becomes a void', async () => {
  const { allocator } = openAllocator();
  const whole = [1, 2, 3, 4].flatMap((conversationSeq) => deliveries(conversationSeq, alice, bob));
  const numbered = await allocator.allocate(whole, true);
  const first = await allocator.allocate(whole.slice(0, 2), false);
  allocator.committed();
  const second = await allocator.allocate(whole.slice(2), false);
  allocator.committed();
  expect([...first, ...second]).toEqual(numbered);
  expect((await allocator.allocate(deliveries(5, alice), false)).map(({ seq }) => seq)).toEqual([5]);
});

test('what follows a part is numbered anew where it is something else, and voids are added as far as there is room', async () => {
  const { allocator } = openAllocator();
  const whole = [1, 2, 3, 4].flatMap((conversationSeq) => deliveries(conversationSeq, alice));
  await allocator.allocate(whole, true);
  await allocator.allocate(whole.slice(0, 1), false);
  allocator.committed();
  const seqs = async (mostVoids: number) => {
    const rows = await allocator.allocate(deliveries(3, alice), false, mostVoids);
    return rows.map(({ seq, ref }) => (ref ? seq : `void ${seq}`));
  };
  expect(await seqs(0)).toEqual([5]);
  expect(await seqs(2)).toEqual([5, 'void 2', 'void 3']);
  allocator.committed();
  expect((await allocator.allocate([], false)).map(({ seq }) => seq)).toEqual([4]);
});

describe('counters', () => {
  test('that are missing are restored from the heads of the inbox store, and said to be', async () => {
    const { number, store, events } = openAllocator();
    const restored = recorded(events, 'counters-restored');
    await store(alice, 1, 2, 3);
    expect(await number(1, alice, bob)).toEqual([
      [alice, 4],
      [bob, 1],
    ]);
    expect(restored).toEqual([{ users: 2 }]);
  });

  test('that were lost in mid-traffic go on where the store is', async () => {
    const { number, allocator, store, lose } = openAllocator();
    expect(await number(1, alice)).toEqual([[alice, 1]]);
    await store(alice, 1);
    allocator.committed();
    lose();
    expect(await number(2, alice)).toEqual([[alice, 2]]);
  });

  test('that are stale are raised after a conflict', async () => {
    const { number, allocator, counters, clock, store, events } = openAllocator();
    const raised = recorded(events, 'counters-raised');
    await counters.raise(new Map([[alice, 1 as Seq]]));
    await clock.advance(60_000);
    await store(alice, 1, 2, 3);
    expect(await number(1, alice)).toEqual([[alice, 2]]);
    await allocator.afterConflict();
    expect(await number(1, alice)).toEqual([[alice, 4]]);
    expect(raised).toEqual([{ users: 1 }]);
  });

  test('that are ahead of the store are left alone', async () => {
    const { number, counters, store } = openAllocator();
    await counters.raise(new Map([[alice, 7 as Seq]]));
    await store(alice, 1);
    expect(await number(1, alice)).toEqual([[alice, 8]]);
  });
});

describe('a counter that was restored', () => {
  /**
   * Event 1 of the conversation was numbered 7, and on its way while the counter was lost. A writer of another conversation
   * restores it from the head that the store had before.
   */
  async function restoredTooLow() {
    const world = openAllocator();
    const { inbox, counters, allocator, store, lose, clock, events } = world;
    await store(alice, 1, 2, 3);
    await counters.raise(new Map([[alice, 6 as Seq]]));
    await clock.advance(60_000);
    const onTheWay = await allocator.allocate(deliveries(1, alice), true);
    lose();
    const late: InboxStore = {
      ...inbox,
      bounds: async (userIds) => {
        const bounds = await inbox.bounds(userIds);
        await inbox.append(onTheWay);
        return bounds;
      },
    };
    const elsewhere = new SeqAllocator(counters, late, events, clock);
    const other = { userId: alice, ref: { conversationId: group, conversationSeq: 1 as ConversationSeq }, at: 1 };
    expect((await elsewhere.allocate([other], true)).map((row) => row.seq)).toEqual([4]);
    allocator.committed();
    return world;
  }

  test('numbers nothing below what its writer has numbered before', async () => {
    const { allocator } = await restoredTooLow();
    expect((await allocator.allocate(deliveries(2, alice), false))[0]?.seq).toBe(8);
  });

  test('numbers nothing below what another writer has numbered before', async () => {
    const { inbox, counters, clock, events } = await restoredTooLow();
    const successor = new SeqAllocator(counters, inbox, events, clock);
    expect((await successor.allocate(deliveries(2, alice), true))[0]?.seq).toBe(8);
  });

  test('has the store asked for each batch of news, and after a minute for none', async () => {
    const { inbox, counters, clock, events } = openAllocator();
    let asked = 0;
    const counted: InboxStore = {
      ...inbox,
      bounds: (userIds) => {
        asked += 1;
        return inbox.bounds(userIds);
      },
    };
    const allocator = new SeqAllocator(counters, counted, events, clock);
    const number = async (conversationSeq: number, areFresh: boolean) => {
      await inbox.append(await allocator.allocate(deliveries(conversationSeq, alice), areFresh));
      allocator.committed();
      return asked;
    };
    expect(await number(1, true)).toBe(1);
    expect(await number(2, false)).toBe(1);
    expect(await number(3, true)).toBe(2);
    await clock.advance(60_000);
    expect(await number(4, true)).toBe(2);
    expect((await counters.current([alice])).get(alice)).toBe(4);
  });
});

describe('deliveries', () => {
  test('of one user have ascending seqs, in their order', async () => {
    const { allocator } = openAllocator();
    const rows = await allocator.allocate(
      [...deliveries(1, alice, bob), ...deliveries(2, bob), ...deliveries(3, bob)],
      true,
    );
    expect(rows.filter((row) => row.userId === bob).map((row) => [row.seq, row.ref?.conversationSeq])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });

  test('keep the time of their events, whatever the time now', async () => {
    const { allocator } = openAllocator();
    expect(await allocator.allocate(deliveries(1, alice), true)).toMatchObject([
      { at: 1, ref: { conversationSeq: 1 } },
    ]);
  });

  test('of nobody take nothing from any counter', async () => {
    const { allocator, counters } = openAllocator();
    expect(await allocator.allocate([], true)).toEqual([]);
    expect(await counters.current([alice])).toEqual(new Map());
  });
});

describe('seqs of an attempt that did not commit', () => {
  test('number the same deliveries again, so that a long outage leaves no voids', async () => {
    const { number, counters } = openAllocator();
    const first = await number(1, alice, bob);
    for (let attempt = 0; attempt < 10; attempt++) expect(await number(1, alice, bob)).toEqual(first);
    expect((await counters.current([alice])).get(alice)).toBe(1);
  });

  test('number its halves one after the other, each with its own, and leave no void', async () => {
    const { number, allocator, counters } = openAllocator();
    const batch = [...deliveries(1, alice, bob), ...deliveries(2, alice, bob), ...deliveries(3, bob)];
    expect((await allocator.allocate(batch, true)).map(({ seq }) => seq)).toEqual([1, 1, 2, 2, 3]);
    expect((await allocator.allocate(batch.slice(0, 2), true)).map(({ seq }) => seq)).toEqual([1, 1]);
    expect((await allocator.allocate(batch.slice(0, 1), true)).map(({ seq }) => seq)).toEqual([1]);
    allocator.committed();
    expect((await allocator.allocate(batch.slice(1, 2), true)).map(({ userId, seq }) => [userId, seq])).toEqual([
      [bob, 1],
    ]);
    allocator.committed();
    expect((await allocator.allocate(batch.slice(2), true)).map(({ seq }) => seq)).toEqual([2, 2, 3]);
    allocator.committed();
    expect(await counters.current([alice, bob])).toEqual(
      new Map([
        [alice, 2],
        [bob, 3],
      ]),
    );
    expect(await number(4, alice)).toEqual([[alice, 3]]);
  });

  test('are closed where a half was not committed and another batch follows, or the second half comes without the first', async () => {
    const { number, allocator } = openAllocator();
    const batch = [...deliveries(1, alice), ...deliveries(2, alice)];
    await allocator.allocate(batch, true);
    await allocator.allocate(batch.slice(0, 1), true);
    allocator.committed();
    expect(await number(3, bob)).toEqual([
      [bob, 1],
      [alice, 2, 'void'],
    ]);
    allocator.committed();

    // Event 3 may have been numbered by another writer meanwhile, with a later seq.
    const next = [...deliveries(3, alice), ...deliveries(4, alice)];
    await allocator.allocate(next, true);
    const rows = await allocator.allocate(next.slice(1), true);
    expect(rows.map(({ seq, ref }) => [seq, ref && 4])).toEqual([
      [5, 4],
      [3, null],
      [4, null],
    ]);
  });

  test('number the other conversations again where one command turns out to be done, and close what is left over', async () => {
    const { allocator, counters } = openAllocator();
    const other = (conversationSeq: number, ...userIds: UserId[]) =>
      deliveries(conversationSeq, ...userIds).map((each) => ({
        ...each,
        ref: { ...each.ref, conversationId: group },
      }));
    const seqs = async (batch: readonly (Delivery & { at: number })[]) =>
      (await allocator.allocate(batch, true)).map(({ userId, seq, ref }) => [
        userId,
        seq,
        ref?.conversationSeq ?? 'void',
      ]);
    await seqs([...deliveries(5, alice, bob), ...other(2, alice), ...deliveries(6, alice, bob)]);
    // The first of the direct conversation had been carried out long before: the second takes its place.
    expect(await seqs([...other(2, alice), ...deliveries(5, alice, bob)])).toEqual([
      [alice, 2, 2],
      [alice, 1, 5],
      [bob, 1, 5],
      [alice, 3, 'void'],
      [bob, 2, 'void'],
    ]);
    expect((await counters.current([alice])).get(alice)).toBe(3);
  });

  test('are not used for a conversation that has moved, nor above one of the same that gets a new seq', async () => {
    const { allocator } = openAllocator();
    const seqs = async (batch: readonly (Delivery & { at: number })[]) =>
      (await allocator.allocate(batch, true)).map(({ userId, seq, ref }) => [
        userId,
        seq,
        ref?.conversationSeq ?? 'void',
      ]);
    await seqs([...deliveries(5, bob), ...deliveries(6, alice, bob)]);
    // Event 5 has another recipient now: what alice gets of event 6 must stand above it.
    expect(await seqs([...deliveries(5, alice, bob), ...deliveries(6, alice, bob)])).toEqual([
      [alice, 2, 5],
      [bob, 1, 5],
      [alice, 3, 6],
      [bob, 2, 6],
      [alice, 1, 'void'],
    ]);
    expect(await seqs(deliveries(6, alice, bob))).toEqual([
      [alice, 4, 6],
      [bob, 3, 6],
      [alice, 1, 'void'],
      [alice, 2, 'void'],
      [bob, 1, 'void'],
      [alice, 3, 'void'],
      [bob, 2, 'void'],
    ]);
  });

  test('are not mixed with those of a counter that went back, which others are given, too', async () => {
    const { allocator, lose, store } = openAllocator();
    await store(alice, 1, 2);
    await allocator.allocate([...deliveries(1, alice), ...deliveries(2, bob)], true);
    lose();
    const rows = await allocator.allocate([...deliveries(1, alice), ...deliveries(2, alice)], true);
    const seqs = rows.flatMap(({ userId, seq }) => (userId === alice ? [seq] : []));
    expect(new Set(seqs).size).toBe(seqs.length);
    expect(rows.slice(0, 2).map(({ seq }) => seq)).toEqual([4, 5]);
  });

  test('are closed when they were allocated long ago: a counter restored since then is trusted soon', async () => {
    const { number, clock } = openAllocator();
    await number(1, alice);
    await clock.advance(31_000);
    expect(await number(1, alice)).toEqual([
      [alice, 2],
      [alice, 1, 'void'],
    ]);
  });

  test('are closed where the deliveries are others, which get seqs above them', async () => {
    const { number } = openAllocator();
    await number(1, alice, bob);
    expect(await number(2, alice)).toEqual([
      [alice, 2],
      [alice, 1, 'void'],
      [bob, 1, 'void'],
    ]);
  });

  test('are closed, with the time of now, also when nothing is to be delivered', async () => {
    const { number, allocator, clock } = openAllocator();
    await number(1, alice);
    expect(await allocator.allocate([], true)).toEqual([{ userId: alice, seq: 1, ref: null, at: clock.now() }]);
  });

  test('and that are many are closed a thousand with each batch', async () => {
    const { allocator } = openAllocator();
    const closed = async () => (await allocator.allocate([], true)).length;
    await allocator.allocate(Array.from({ length: 2_300 }, (_, index) => deliveries(index + 1, alice)).flat(), true);
    expect([await closed(), await closed()]).toEqual([1_000, 1_000]);
    const batches: number[] = [];
    for (let batch = 0; batch < 4; batch++) {
      allocator.committed();
      batches.push(await closed());
    }
    expect(batches).toEqual([1_000, 300, 0, 0]);
  });

  test('are forgotten once they are committed', async () => {
    const { number, allocator } = openAllocator();
    await number(1, alice);
    allocator.committed();
    expect(await number(2, alice)).toEqual([[alice, 2]]);
  });

  test('and that are taken meanwhile are not used again, while those above the head are', async () => {
    const { allocator, store } = openAllocator();
    const three = [...deliveries(1, alice), ...deliveries(2, alice), ...deliveries(3, alice)];
    expect((await allocator.allocate(three, true)).map((row) => row.seq)).toEqual([1, 2, 3]);
    await store(alice, 1, 2);
    await allocator.afterConflict();
    expect((await allocator.allocate(three, true)).map((row) => row.seq)).toEqual([3, 4, 5]);
  });

  test('and that some reader has closed meanwhile are not closed again', async () => {
    const { number, allocator, inbox } = openAllocator();
    await number(1, alice);
    await number(2, bob);
    await inbox.fillVoids(alice, [1 as Seq], 9_000);
    await allocator.afterConflict();
    expect(await number(2, bob)).toEqual([[bob, 1]]);
  });
});
