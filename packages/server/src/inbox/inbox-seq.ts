import type { Seq, UserId } from '@tidemark/core';

/**
 * InboxSeq: the counters that number inboxes. To whoever implements it:
 *
 *  - `allocate` moves a counter and returns where it is now, atomically per user: two callers never get the same seq from
 *    a counter that was not lost in between. A counter that does not exist is left alone and reported missing.
 *  - Counters are a cache of the inbox store's heads: they may be lost at any moment. The store's unique key decides;
 *    `raise` brings a counter up to what the store knows, never down. A counter that may stand below where it once stood
 *    (a server that lost its last writes) counts as lost.
 *  - What was numbered before the loss may still be on its way to the store, above the head that a counter is restored
 *    from. So a counter says for RESTORED_FOR that it was: whoever moves it asks the store before relying on it.
 *  - What cannot be a counter (another program wrote it) counts as missing.
 *  - Counters belong to an epoch: those of another inbox store must not be seen.
 *  - Many users go into few calls: group by shard, never one round trip per user.
 */
export interface InboxSeq {
  /**
   * Moves each counter by the given count (≥ 1) and returns its new value: the caller owns (value - count, value].
   * Users without a counter are absent from the result.
   */
  allocate(counts: ReadonlyMap<UserId, number>): Promise<Allocation>;

  /** counter = max(counter, head), creating it where missing; one that it changes counts as restored from now on. */
  raise(heads: ReadonlyMap<UserId, Seq>): Promise<void>;

  /**
   * Throws each counter away that is above the given seq: it is then missing, and restored as a lost one is. Writers that
   * hold seqs of it are no danger: they may as well have held them when a counter was lost.
   */
  forget(highest: ReadonlyMap<UserId, Seq>): Promise<void>;

  /** Where the counters are; users without one are absent. At or above the store's head unless stale. */
  current(userIds: readonly UserId[]): Promise<Map<UserId, Seq>>;
}

export interface Allocation {
  readonly seqs: ReadonlyMap<UserId, Seq>;
  /** Users in `seqs` whose counter was restored less than RESTORED_FOR ago. */
  readonly restored: ReadonlySet<UserId>;
}

/** ms; longer than a seq may take from its allocation to the store. */
export const RESTORED_FOR = 60_000;
