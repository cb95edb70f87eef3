import type { NodeId } from '@tidemark/core';
import { type Claim, type Claims, isSameClaim, type Reached } from './claims.ts';

/** The claim, and the processes that live on it; what the processes of a deployment share. */
export interface MemoryClaim {
  claim: Claim | undefined;
  reached: Reached;
  readonly processes: Map<NodeId, number>;
}

/**
 * Claims in memory.
 *
 * @param now milliseconds that never go back
 * @param queued commands that wait in all partitions
 */
export function memoryClaims(state: MemoryClaim, now: () => number, queued: () => number): Claims {
  return {
    place: 'the memory of this process',
    take: async (claim, nodeId, ttl, given) => {
      for (const [other, until] of state.processes) if (until <= now()) state.processes.delete(other);
      const others = [...state.processes.keys()].filter((other) => other !== nodeId).length;
      const standing = state.claim ?? claim;
      const { reached } = state;
      const isFree = standing.identity === claim.identity && others === 0;
      const waiting = isFree && standing.partitions !== claim.partitions ? queued() : 0;
      if (!isSameClaim(standing, claim) && (!isFree || waiting > 0)) {
        return { claim: standing, processes: others, queued: waiting, reached };
      }
      state.claim = claim;
      state.processes.set(nodeId, now() + ttl);
      const isLater = given.setBacks > reached.setBacks;
      if (isLater || (given.setBacks === reached.setBacks && given.witness !== '')) state.reached = given;
      return { claim, processes: others, queued: 0, reached };
    },
    leave: async (nodeId) => void state.processes.delete(nodeId),
    check: async () => {},
  };
}
