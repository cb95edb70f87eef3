import type { Epoch, Seq, UserId } from '@tidemark/core';
import { type InboxSeq, RESTORED_FOR } from './inbox-seq.ts';

/** Counters by epoch; what the processes of a deployment share. */
export type MemoryCounters = Map<Epoch, CountersOfEpoch>;

interface CountersOfEpoch {
  readonly seqs: Map<UserId, number>;
  /** Monotonic ms at which a counter was restored, until it has proved itself. */
  readonly restoredAt: Map<UserId, number>;
}

/** InboxSeq in memory: nothing awaits between looking and writing, so every call is atomic. */
export function memoryInboxSeq(counters: MemoryCounters, epoch: Epoch, monotonic: () => number): InboxSeq {
  const ofEpoch = (): CountersOfEpoch => {
    const known = counters.get(epoch) ?? { seqs: new Map(), restoredAt: new Map() };
    counters.set(epoch, known);
    return known;
  };
  return {
    allocate: async (counts) => {
      const { seqs, restoredAt } = ofEpoch();
      const allocated = new Map<UserId, Seq>();
      const restored = new Set<UserId>();
      for (const [userId, count] of counts) {
        const seq = seqs.get(userId);
        if (seq === undefined) continue;
        seqs.set(userId, seq + count);
        allocated.set(userId, (seq + count) as Seq);
        const since = restoredAt.get(userId);
        if (since === undefined) continue;
        if (monotonic() - since < RESTORED_FOR) restored.add(userId);
        else restoredAt.delete(userId);
      }
      return { seqs: allocated, restored };
    },
    raise: async (heads) => {
      const { seqs, restoredAt } = ofEpoch();
      for (const [userId, head] of heads) {
        if ((seqs.get(userId) ?? -1) >= head) continue;
        seqs.set(userId, head);
        restoredAt.set(userId, monotonic());
      }
    },
    forget: async (highest) => {
      const { seqs, restoredAt } = ofEpoch();
      for (const [userId, seq] of highest) {
        if ((seqs.get(userId) ?? 0) <= seq) continue;
        seqs.delete(userId);
        restoredAt.delete(userId);
      }
    },
    current: async (userIds) => {
      const { seqs } = ofEpoch();
      return new Map(
        userIds.flatMap((userId) => {
          const seq = seqs.get(userId);
          return seq === undefined ? [] : [[userId, seq as Seq]];
        }),
      );
    },
  };
}
