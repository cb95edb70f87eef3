import type { NodeId } from '@tidemark/core';
import type { PartitionLeases } from './partition-leases.ts';

/** Partition → who writes it, and until when; what the processes of a deployment share. */
export type MemoryLeases = Map<number, { readonly owner: NodeId; readonly until: number }>;

/** PartitionLeases in memory. @param now milliseconds that never go back */
export function memoryPartitionLeases(leases: MemoryLeases, now: () => number): PartitionLeases {
  return {
    acquire: async (partition, owner, ttl) => {
      const lease = leases.get(partition);
      if (lease && lease.owner !== owner && lease.until > now()) return false;
      leases.set(partition, { owner, until: now() + ttl });
      return true;
    },
    release: async (partition, owner) => {
      if (leases.get(partition)?.owner === owner) leases.delete(partition);
    },
  };
}
