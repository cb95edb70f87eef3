import type { Epoch, Seq, UserId } from '@tidemark/core';
import type { InboxSeq } from './inbox-seq.ts';

/** Counters by epoch and user; what the processes of a deployment share. */
export type MemoryCounters = Map<Epoch, Map<UserId, number>>;

/** InboxSeq in memory: nothing awaits between looking and writing, so every call is atomic. */
export function memoryInboxSeq(counters: MemoryCounters, epoch: Epoch): InboxSeq {
  const ofEpoch = (): Map<UserId, number> => {
    const known = counters.get(epoch) ?? new Map<UserId, number>();
    counters.set(epoch, known);
    return known;
  };
  return {
    allocate: async (counts) => {
      const seqs = ofEpoch();
      const allocated = new Map<UserId, Seq>();
      for (const [userId, count] of counts) {
        const seq = seqs.get(userId);
        if (seq === undefined) continue;
        seqs.set(userId, seq + count);
        allocated.set(userId, (seq + count) as Seq);
      }
      return allocated;
    },
    raise: async (heads) => {
      const seqs = ofEpoch();
      for (const [userId, head] of heads) seqs.set(userId, Math.max(head, seqs.get(userId) ?? 0));
    },
    current: async (userIds) => {
      const seqs = ofEpoch();
      return new Map(
        userIds.flatMap((userId) => {
          const seq = seqs.get(userId);
          return seq === undefined ? [] : [[userId, seq as Seq]];
        }),
      );
    },
  };
}
