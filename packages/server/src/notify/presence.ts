import type { NodeId, UserId } from '@tidemark/core';

/**
 * Presence: which nodes hold a feed of a user, with expiry, so that a dead node is forgotten. It says where to publish;
 * a wrong answer costs a frame, which the comparison of heads makes good.
 */
export interface Presence {
  /** Registers `nodeId` as a holder of feeds of these users, for `ttl` ms. Repeat to renew. Many users, few round trips. */
  join(userIds: readonly UserId[], nodeId: NodeId, ttl: number): Promise<void>;
  leave(userIds: readonly UserId[], nodeId: NodeId): Promise<void>;
  /** The nodes of each user; users without any are absent. */
  nodesOf(userIds: readonly UserId[]): Promise<Map<UserId, readonly NodeId[]>>;
}
