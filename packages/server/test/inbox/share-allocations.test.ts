import { type Seq, UnavailableError, type UserId } from '@tidemark/core';
import { describe, expect, test } from 'vitest';
import { type InboxSeq, RESTORED_FOR } from '../../src/inbox/inbox-seq.ts';
import { type MemoryCounters, memoryInboxSeq } from '../../src/inbox/memory-inbox-seq.ts';
import { shareAllocations } from '../../src/inbox/share-allocations.ts';
import { alice, bob, carol } from '../support/commands.ts';

/** Shared counters, of which these users have one, and how often the counters behind them were asked. */
async function counters(...heads: readonly (readonly [UserId, number])[]) {
  const calls: ReadonlyMap<UserId, number>[] = [];
  let now = 0;
  const known: MemoryCounters = new Map();
  const memory = memoryInboxSeq(known, 'epoch' as never, () => now);
  await memory.raise(new Map(heads.map(([userId, head]) => [userId, head as Seq])));
  const pass = (): void => {
    now += RESTORED_FOR;
  };
  const behind: InboxSeq = {
    ...memory,
    allocate: (counts) => {
      calls.push(counts);
      return memory.allocate(counts);
    },
  };
  return { seqs: shareAllocations(behind), calls, pass };
}

describe('allocations of one turn', () => {
  test('are one, of which each gets its part in the order in which they asked', async () => {
    const { seqs, calls, pass } = await counters([alice, 10], [bob, 0]);
    pass();
    const allocated = await Promise.all([
      seqs.allocate(new Map([[alice, 2]])),
      seqs.allocate(
        new Map([
          [alice, 1],
          [bob, 3],
        ]),
      ),
      seqs.allocate(new Map([[alice, 4]])),
    ]);
    expect(calls).toHaveLength(1);
    expect(allocated.map(({ seqs: own }) => Object.fromEntries(own))).toEqual([
      { [alice]: 12 },
      { [alice]: 13, [bob]: 3 },
      { [alice]: 17 },
    ]);
    expect(allocated.every(({ restored }) => restored.size === 0)).toBe(true);
  });

  test('say of each who has no counter, and whose counter was restored', async () => {
    const { seqs } = await counters([alice, 5], [bob, 5]);
    const [first, second] = await Promise.all([
      seqs.allocate(new Map([[alice, 1]])),
      seqs.allocate(
        new Map([
          [bob, 1],
          [carol, 1],
        ]),
      ),
    ]);
    expect([...first.restored]).toEqual([alice]);
    expect([...second.seqs]).toEqual([[bob, 6]]);
    expect([...second.restored]).toEqual([bob]);
  });

  test('of later turns continue where these ended', async () => {
    const { seqs, calls } = await counters([alice, 0]);
    await seqs.allocate(new Map([[alice, 1]]));
    expect([...(await seqs.allocate(new Map([[alice, 1]]))).seqs]).toEqual([[alice, 2]]);
    expect(calls).toHaveLength(2);
  });

  test('fail together', async () => {
    const failure = new UnavailableError('connection refused');
    const { seqs: plain } = await counters();
    const seqs = shareAllocations({ ...plain, allocate: () => Promise.reject(failure) });
    const outcomes = await Promise.allSettled([
      seqs.allocate(new Map([[alice, 1]])),
      seqs.allocate(new Map([[bob, 1]])),
    ]);
    expect(outcomes).toEqual([
      { status: 'rejected', reason: failure },
      { status: 'rejected', reason: failure },
    ]);
  });
});
