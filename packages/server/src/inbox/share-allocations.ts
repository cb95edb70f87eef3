import type { Seq, UserId } from '@tidemark/core';
import { inOneTurn } from '../in-one-turn.ts';
import type { Allocation, InboxSeq } from './inbox-seq.ts';

/**
 * The counters, moved once for all batches that pass a `BatchBarrier` together: each batch gets its part of what was allocated, in the
 * order in which they asked. Part of stage 4.
 *
 * Proved  test/inbox/share-allocations.test.ts
 */
export function shareAllocations(seqs: InboxSeq): InboxSeq {
  return {
    allocate: inOneTurn((requests) => {
      const [only] = requests;
      if (only && requests.length === 1) return [seqs.allocate(only)];
      const counts = sumOf(requests);
      const allocated = seqs.allocate(counts);
      // What those that asked later get of each user's seqs.
      const above = new Map(counts);
      return requests.map((own) => {
        const aboveOwn = new Map<UserId, number>();
        for (const [userId, count] of own) {
          const left = (above.get(userId) as number) - count;
          above.set(userId, left);
          aboveOwn.set(userId, left);
        }
        return allocated.then((all) => partOf(all, aboveOwn));
      });
    }),
    raise: (heads) => seqs.raise(heads),
    forget: (highest) => seqs.forget(highest),
    current: (userIds) => seqs.current(userIds),
  };
}

function sumOf(requests: readonly ReadonlyMap<UserId, number>[]): Map<UserId, number> {
  const sum = new Map<UserId, number>();
  for (const counts of requests) for (const [userId, count] of counts) sum.set(userId, (sum.get(userId) ?? 0) + count);
  return sum;
}

function partOf({ seqs, restored }: Allocation, above: ReadonlyMap<UserId, number>): Allocation {
  const own = new Map<UserId, Seq>();
  for (const [userId, count] of above) {
    const last = seqs.get(userId);
    if (last !== undefined) own.set(userId, (last - count) as Seq);
  }
  return { seqs: own, restored: new Set([...restored].filter((userId) => own.has(userId))) };
}
