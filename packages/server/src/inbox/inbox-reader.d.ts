import { type Epoch, type InboxEntry, type Limits, type ResetReason, type Seq, type Storage, type UserId } from '@tidemark/core';
import type { VoidFiller } from './void-filler.ts';
/**
 * Reads inboxes for `inbox.since` and for feeds: only contiguous entries leave here, and a cursor that cannot be
 * continued from is told so.
 *
 * Keeps   P4 holes are waited for, then closed; P6 only what the store holds; P9 no silent truncation
 * Proved  test/inbox/inbox-reader.test.ts
 */
export declare class InboxReader {
    #private;
    constructor(storage: Storage, voids: VoidFiller, limits?: Pick<Limits, 'contentBytes' | 'pageBytes'>);
    get epoch(): Epoch;
    /**
     * The newest seq that has nothing unfilled below it. Whoever begins here, with a snapshot taken afterwards, has
     * everything: what still fills a hole is above it.
     */
    settledHead(userId: UserId): Promise<Seq>;
    heads(userIds: readonly UserId[]): Promise<Map<UserId, Seq>>;
    /** Where to continue from: the cursor's own seq, or the settled head with the reason why the cursor cannot be used. */
    start(userId: UserId, cursor: {
        epoch: Epoch;
        seq: Seq;
    } | undefined): Promise<Start>;
    /**
     * Entries after `after`, contiguous, at most `limit` and of at most `limits.pageBytes`; empty when there are none. Waits
     * for a hole at the very start to be filled or closed. `floor`: retention has overtaken `after`.
     */
    after(userId: UserId, after: number, limit: number): Promise<InboxEntry[] | 'floor'>;
    /** Whether so many entries may be too many bytes for a page, so that a page with fewer need not be the last. */
    mayCut(limit: number): boolean;
}
export interface Start {
    readonly seq: Seq;
    /** The newest seq in the store. */
    readonly head: Seq;
    readonly reset: ResetReason | undefined;
}
