import type { Epoch, NodeId, StoreIdentity } from '@tidemark/core';

/** What the processes of a deployment have in common, and what they claim the backplane with. */
export interface Claim {
  /** Of the history. */
  readonly identity: StoreIdentity;
  /** Of the inbox. */
  readonly epoch: Epoch;
  readonly partitions: number;
  /** Of what stands in the backplane: BACKPLANE_VERSION. */
  readonly version: number;
}

/** How far the store has come, as far as the processes of the deployment know. */
export interface Reached {
  /** How often it was found set back. */
  readonly setBacks: number;
  /** An event that it had since then, as its finder writes it; empty where none is known. */
  readonly witness: string;
}

/** How entries, frames, leases and lists are written. Raised when a process of the version before would misread one. */
export const BACKPLANE_VERSION = 1;

/**
 * Claims: whose a backplane is. To whoever implements it:
 *
 *  - The first claim stands, and so does its identity until the backplane is emptied or the claim is given up by hand: the
 *    commands of a deployment that sleeps are not another one's.
 *  - The epoch, the partitions and the version of a claim may be replaced by a process of the same identity once no process
 *    lives on it, and nothing is queued that would then stand in a wrong place.
 *  - A claim is as lost as everything in a backplane may be: the next process that renews it makes it anew.
 *  - Beside the claim stands how far the store has come: the highest `setBacks`, and the last witness given with it. Witnesses
 *    given with a lower one are not kept.
 *  - What is written through the other ports carries `stampOf` the claim taken last, and what carries another is not theirs.
 *  - Throw UnavailableError when the service cannot be reached.
 */
export interface Claims {
  /** For people: what is claimed. */
  readonly place: string;
  /** Claims, or renews, for `ttl` ms. Returns the claim that stands: it was taken when it equals the one given. */
  take(claim: Claim, nodeId: NodeId, ttl: number, reached: Reached): Promise<Standing>;
  /** This process lives no more. */
  leave(nodeId: NodeId): Promise<void>;
  /** Throws DeploymentError when the service is set up so that a promise would be broken. */
  check(): Promise<void>;
}

export interface Standing {
  readonly claim: Claim;
  /** Processes that live on it, this one not counted. */
  readonly processes: number;
  /** Commands that wait in its partitions, where they keep it from being replaced. */
  readonly queued: number;
  /** What stood beside the claim before this call. */
  readonly reached: Reached;
}

const STAMP_LENGTH = 12;

/** The short form of an identity, which stands on everything in the backplane. */
export function stampOf({ identity }: Pick<Claim, 'identity'>): string {
  return identity.slice(0, STAMP_LENGTH);
}

export function isSameClaim(a: Claim, b: Claim): boolean {
  return a.identity === b.identity && a.epoch === b.epoch && a.partitions === b.partitions && a.version === b.version;
}
