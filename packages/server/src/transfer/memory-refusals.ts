import { REFUSALS_KEPT, type Refusal, type Refusals } from './refusals.ts';

/** Partition → its refusals, and how many were dropped before them; what the processes of a deployment share. */
export type MemoryRefusals = Map<number, { readonly kept: Refusal[]; dropped: number }>;

/** Refusals in memory. A position is a count; nothing expires, since a process remembers no longer than it lives. */
export function memoryRefusals(partitions: MemoryRefusals): Refusals {
  return {
    remember: async (partition, refusals) => {
      const own = partitions.get(partition) ?? { kept: [], dropped: 0 };
      partitions.set(partition, own);
      own.kept.push(...refusals);
      own.dropped += own.kept.splice(0, own.kept.length - REFUSALS_KEPT).length;
    },
    since: async (partition, position) => {
      const { kept, dropped } = partitions.get(partition) ?? { kept: [], dropped: 0 };
      const refusals = kept.slice(Math.max(0, Number(position ?? 0) - dropped));
      return { refusals, position: String(dropped + kept.length) };
    },
  };
}
