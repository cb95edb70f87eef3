import type { InboxStore, Seq } from '@tidemark/core';
import { memoryInbox } from '@tidemark/storage-memory';
import { expect, test } from 'vitest';
import { type MemoryCounters, memoryInboxSeq } from '../../src/inbox/memory-inbox-seq.ts';
import { plausibleCounters } from '../../src/inbox/plausible-counters.ts';
import { SeqAllocator } from '../../src/inbox/seq-allocator.ts';
import { ServerEventBus } from '../../src/server-events.ts';
import { alice, bob, direct } from '../support/commands.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { recorded } from '../support/recorded.ts';

async function openCounters(head: number) {
  let asked = 0;
  const plain = memoryInbox();
  const inbox: InboxStore = {
    ...plain,
    bounds: (userIds) => {
      asked += 1;
      return plain.bounds(userIds);
    },
  };
  const shared: MemoryCounters = new Map();
  const clock = new ManualClock();
  const events = new ServerEventBus();
  const implausible = recorded(events, 'counter-implausible');
  const memory = memoryInboxSeq(shared, plain.epoch, () => clock.monotonic());
  const counters = plausibleCounters(memory, inbox, events);
  if (head > 0) await plain.append([{ userId: alice, seq: head as Seq, ref: null, at: 1 }]);
  await counters.raise(new Map([[alice, head as Seq]]));
  await clock.advance(60_000);
  /** As somebody who can write to Redis does. */
  const forge = (seq: number): void => void shared.get(plain.epoch)?.seqs.set(alice, seq);
  return { inbox: plain, clock, events, implausible, counters, forge, asked: () => asked };
}

test('a counter that was raised by three million is thrown away, and its user is numbered on from the store', async () => {
  const { inbox, counters, events, clock, implausible, forge } = await openCounters(5);
  forge(3_000_005);
  const allocator = new SeqAllocator(counters, inbox, events, clock);
  const ref = { conversationId: direct, conversationSeq: 1 as never };
  const rows = await allocator.allocate(
    [alice, bob].map((userId) => ({ userId, ref, at: 1 })),
    true,
  );
  expect(rows).toEqual([
    { userId: alice, seq: 6, ref, at: 1 },
    { userId: bob, seq: 1, ref, at: 1 },
  ]);
  expect(implausible).toEqual([{ userId: alice, seq: 3_000_006, head: 5 }]);
});

test('a counter may be ahead of the store by what may be in flight', async () => {
  const { counters, forge, implausible } = await openCounters(5);
  forge(10_005);
  expect((await counters.allocate(new Map([[alice, 3]]))).seqs).toEqual(new Map([[alice, 10_008]]));
  expect(implausible).toEqual([]);
});

test('the store is asked once for ten thousand entries of a user, and not at all for the first', async () => {
  const { counters, inbox, asked } = await openCounters(0);
  for (let seq = 1; seq <= 25_000; seq += 100) {
    const last = (await counters.allocate(new Map([[alice, 100]]))).seqs.get(alice) as Seq;
    await inbox.append([{ userId: alice, seq: last, ref: null, at: 1 }]);
  }
  expect(asked()).toBe(2);
});

test('seqs allocated in vain before a counter was thrown away are not closed beside the entries that get them', async () => {
  const { inbox, counters, events, clock, forge } = await openCounters(5);
  const allocator = new SeqAllocator(counters, inbox, events, clock);
  const delivery = (conversationSeq: number) => [
    { userId: alice, ref: { conversationId: direct, conversationSeq: conversationSeq as never }, at: 1 },
  ];
  expect((await allocator.allocate(delivery(1), true)).map(({ seq }) => seq)).toEqual([6]);
  forge(3_000_006);
  const rows = await allocator.allocate(delivery(2), true);
  expect(rows.map(({ seq, ref }) => [seq, ref === null])).toEqual([[6, false]]);
  expect(await inbox.append(rows)).toEqual({ conflict: undefined });
});
