import type { NodeId } from '@tidemark/core';

/** Nodes: the registry of live processes. Workers share the partitions among those that are listed as workers. */
export interface Nodes {
  /**
   * Lists the node for `ttl` ms, in place of whatever was listed under its name. Repeat to renew.
   *
   * @param commands the types of command that it knows
   */
  announce(nodeId: NodeId, role: NodeRole, ttl: number, commands: readonly string[]): Promise<void>;
  withdraw(nodeId: NodeId): Promise<void>;
  /** Nodes listed as workers and not expired, in any order. */
  workers(): Promise<LiveWorker[]>;
}

export interface LiveWorker {
  readonly nodeId: NodeId;
  /** The types of command that it knows. */
  readonly commands: readonly string[];
}

/** A `gateway` serves clients only; a `worker` also writes partitions. */
export type NodeRole = 'gateway' | 'worker';
