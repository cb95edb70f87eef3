import { type Storage } from '@tidemark/core';
/**
 * The storage, with its commits shared: the batches of a round (see `Rounds`) arrive in one turn of the event loop, and go
 * together, with one statement and one fsync for all of them. Part of stage 5.
 *
 * Batches of different partitions meet in no key, unless counters were lost or another process writes the same partition. So
 * a shared commit that conflicts, or fails as a defect, is tried again batch by batch, and each is told its own outcome. When
 * the store cannot be reached, what became of them is unknown to all.
 *
 * Only for atomic storages: of another one, a part of a shared commit may have been written.
 *
 * Keeps   P7 a batch that fails does not fail those it went with
 * Proved  test/store/group-commit.test.ts
 */
export declare function groupCommit(storage: Storage): Storage;
