import type { NodeId } from '@tidemark/core';
import type { NodeRole, Nodes } from './nodes.ts';
/** The registry; what the processes of a deployment share. */
export type MemoryRegistry = Map<NodeId, {
    readonly role: NodeRole;
    readonly until: number;
}>;
/** Nodes in memory. @param now milliseconds that never go back */
export declare function memoryNodes(registry: MemoryRegistry, now: () => number): Nodes;
