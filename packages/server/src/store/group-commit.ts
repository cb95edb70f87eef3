import { type CommitBatch, type ConflictOutcome, type Storage, UnavailableError } from '@tidemark/core';
import { BatchRows } from '../batch-rows.ts';
import { inOneTurn } from '../in-one-turn.ts';

/** Rows that several batches have together at most, so that no commit is long for the sake of another. */
const ROWS = 4_000;

/**
 * The storage, with its commits shared: the batches that pass a `BatchBarrier` together arrive in one turn of the event loop, and go
 * together, with one statement and one fsync for all of them. Part of stage 5.
 *
 * Batches of different partitions meet in no key, unless counters were lost or another process writes the same partition. So
 * a shared commit that conflicts, or fails as a defect, is tried again batch by batch, and each is told its own outcome. When
 * the store cannot be reached, what became of them is unknown to all; and since all together may have been too much for it, fewer
 * go together for a while.
 *
 * Only for atomic storages: of another one, a part of a shared commit may have been written.
 *
 * Keeps   P7 a batch that fails does not fail those it went with
 * Proved  test/store/group-commit.test.ts
 */
export function groupCommit(storage: Storage): Storage {
  if (!storage.capabilities.atomic) return storage;
  const bound = new BatchRows(ROWS);
  const commit = inOneTurn<CommitBatch, ConflictOutcome>((batches) =>
    groupsOf(batches, bound.now).flatMap((group) => commitGroup(storage, group, bound)),
  );
  return { ...storage, commit };
}

/** As many in a row as fit. */
function groupsOf(batches: readonly CommitBatch[], most: number): CommitBatch[][] {
  const groups: CommitBatch[][] = [];
  let rows = Number.POSITIVE_INFINITY;
  for (const batch of batches) {
    const more = batch.events.length + batch.rows.length;
    rows += more;
    if (rows > most) {
      groups.push([]);
      rows = more;
    }
    groups.at(-1)?.push(batch);
  }
  return groups;
}

/** The outcome of each. */
function commitGroup(storage: Storage, group: readonly CommitBatch[], bound: BatchRows): Promise<ConflictOutcome>[] {
  const [only] = group;
  const rows = group.reduce((sum, batch) => sum + batch.events.length + batch.rows.length, 0);
  if (only && group.length === 1) {
    const alone = storage.commit(only);
    alone.then(
      () => bound.stored(rows),
      () => {},
    );
    return [alone];
  }
  const shared = storage.commit({
    events: group.flatMap(({ events }) => events),
    rows: group.flatMap(({ rows }) => rows),
  });
  const mustPart = shared.then(
    ({ conflict }) => {
      bound.stored(rows);
      return conflict !== undefined;
    },
    (error) => {
      // Perhaps too much at once: the batches answer for themselves the next time.
      bound.tooMany(rows);
      return !(error instanceof UnavailableError);
    },
  );
  const outcomes: Promise<ConflictOutcome>[] = [];
  for (const batch of group) {
    const before = outcomes.at(-1);
    outcomes.push(
      mustPart.then(async (apart) => {
        if (!apart) return shared;
        await Promise.allSettled([before]);
        return storage.commit(batch);
      }),
    );
  }
  return outcomes;
}
