import type { InboxSeq } from './inbox-seq.ts';
/**
 * The counters, moved once for all batches of a round (see `Rounds`): each batch gets its part of what was allocated, in the
 * order in which they asked. Part of stage 4.
 *
 * Proved  test/inbox/share-allocations.test.ts
 */
export declare function shareAllocations(seqs: InboxSeq): InboxSeq;
