import type { NodeId } from '@tidemark/core';
import type { NodeRole, Nodes } from './nodes.ts';

/** The registry; what the processes of a deployment share. */
export type MemoryRegistry = Map<NodeId, { readonly role: NodeRole; readonly until: number }>;

/** Nodes in memory. @param now milliseconds that never go back */
export function memoryNodes(registry: MemoryRegistry, now: () => number): Nodes {
  return {
    announce: async (nodeId, role, ttl) => void registry.set(nodeId, { role, until: now() + ttl }),
    withdraw: async (nodeId) => void registry.delete(nodeId),
    workers: async () => {
      for (const [nodeId, { until }] of registry) if (until <= now()) registry.delete(nodeId);
      return [...registry].flatMap(([nodeId, { role }]) => (role === 'worker' ? [nodeId] : []));
    },
  };
}
