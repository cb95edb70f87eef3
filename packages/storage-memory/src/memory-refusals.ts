import { commandKey, type RefusalStore } from '@tidemark/core';
import type { MemoryState } from './memory-state.ts';

/** What was refused, in memory. */
export function memoryRefusals({ refusals }: MemoryState): RefusalStore {
  return {
    keepRefusals: async (kept) => {
      for (const refusal of kept) {
        const key = `${commandKey(refusal)} ${refusal.retry}`;
        const before = refusals.get(key);
        refusals.set(key, before ? { ...before, at: Math.max(before.at, refusal.at) } : refusal);
      }
    },
    newestRefusals: async (since, limit) =>
      [...refusals.values()]
        .filter(({ at }) => at >= since)
        .sort((a, b) => b.at - a.at)
        .slice(0, limit),
    purgeRefusals: async (before, limit) => {
      const due = [...refusals].filter(([, { at }]) => at < before).slice(0, limit);
      for (const [key] of due) refusals.delete(key);
      return due.length;
    },
  };
}
