import type { Epoch, Seq, UserId } from '@tidemark/core';
import type { RedisKeys } from '../redis/keys.ts';
import type { RedisCalls } from '../redis/redis-calls.ts';
import { type Allocation, type InboxSeq } from './inbox-seq.ts';
/**
 * InboxSeq on Redis hashes, one per bucket of users. On one server a call becomes one script; on a cluster one per bucket,
 * all at once.
 *
 * Counters stay until Redis evicts the hash or is wiped: about 60 bytes per user who ever received anything. Deleting a
 * hash, or fields of it, at any moment is safe, since a missing counter is restored from the store. A server that is
 * started again, or that takes over from another, throws away what it finds: it may have lost the last moves.
 */
export declare class RedisInboxSeq implements InboxSeq {
    #private;
    constructor(calls: RedisCalls, keys: RedisKeys, epoch: Epoch);
    allocate(counts: ReadonlyMap<UserId, number>): Promise<Allocation>;
    raise(heads: ReadonlyMap<UserId, Seq>): Promise<void>;
    current(userIds: readonly UserId[]): Promise<Map<UserId, Seq>>;
}
