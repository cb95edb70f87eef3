import type { NodeId } from '@tidemark/core';
import type { LiveWorker, NodeRole, Nodes } from './nodes.ts';

/** The registry; what the processes of a deployment share. */
export type MemoryRegistry = Map<NodeId, LiveWorker & { readonly role: NodeRole; readonly until: number }>;

/** Nodes in memory. @param now milliseconds that never go back */
export function memoryNodes(registry: MemoryRegistry, now: () => number): Nodes {
  return {
    announce: async (nodeId, role, ttl, commands) =>
      void registry.set(nodeId, { nodeId, role, commands, until: now() + ttl }),
    withdraw: async (nodeId) => void registry.delete(nodeId),
    workers: async () => {
      for (const [nodeId, { until }] of registry) if (until <= now()) registry.delete(nodeId);
      return [...registry.values()].flatMap(({ role, nodeId, commands }) =>
        role === 'worker' ? [{ nodeId, commands }] : [],
      );
    },
  };
}
