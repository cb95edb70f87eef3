import { type Clock, type CommitBatch, type ConflictOutcome, type Storage, UnavailableError } from '@tidemark/core';

/** Commits under way at once. A second one keeps the store busy while the answer to the first is on its way. */
const UNDER_WAY = 2;
/** Rows that one commit takes at most, so that none is long. */
const ROWS = 4_000;
/** ms after which a commit no longer holds up the others: its connection may be dead. */
const PATIENCE = 1_000;
/** A reason at hand: without one, an error with its stack would be made for each commit. */
const ENDED = 'the commit has ended';

/**
 * The storage, with its commits shared. While two are under way, batches of other partitions wait, and go together: one
 * statement and one fsync for all of them. Nobody waits while the store is idle. Part of stage 5.
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
export function groupCommit(storage: Storage, clock: Clock): Storage {
  if (!storage.capabilities.atomic) return storage;
  const waiting: Waiting[] = [];
  let underWay = 0;

  function commitNext(): void {
    while (underWay < UNDER_WAY && waiting.length > 0) void occupied(commitGroup(storage, takeGroup(waiting)));
  }

  /** Counts as under way until it has ended, or has lasted too long. */
  async function occupied(commit: Promise<void>): Promise<void> {
    const ended = new AbortController();
    underWay += 1;
    await Promise.race([commit, clock.sleep(PATIENCE, ended.signal)]);
    ended.abort(ENDED);
    underWay -= 1;
    commitNext();
  }

  return {
    ...storage,
    commit: (batch) =>
      new Promise((resolve, reject) => {
        waiting.push({ batch, resolve, reject });
        commitNext();
      }),
  };
}

interface Waiting {
  readonly batch: CommitBatch;
  readonly resolve: (outcome: ConflictOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/** The oldest, and as many more as fit. */
function takeGroup(waiting: Waiting[]): Waiting[] {
  let rows = 0;
  const end = waiting.findIndex(({ batch }, index) => {
    rows += batch.events.length + batch.rows.length;
    return index > 0 && rows > ROWS;
  });
  return waiting.splice(0, end < 0 ? waiting.length : end);
}

/** Settles each of the group; never rejects. */
async function commitGroup(storage: Storage, group: readonly Waiting[]): Promise<void> {
  const [only] = group;
  if (only && group.length === 1) return storage.commit(only.batch).then(only.resolve, only.reject);
  const events = group.flatMap(({ batch }) => batch.events);
  const rows = group.flatMap(({ batch }) => batch.rows);
  let outcome: ConflictOutcome;
  try {
    outcome = await storage.commit({ events, rows });
  } catch (error) {
    if (error instanceof UnavailableError) for (const { reject } of group) reject(error);
    else await oneByOne(storage, group);
    return;
  }
  if (outcome.conflict) await oneByOne(storage, group);
  else for (const { resolve } of group) resolve(outcome);
}

async function oneByOne(storage: Storage, group: readonly Waiting[]): Promise<void> {
  for (const { batch, resolve, reject } of group) await storage.commit(batch).then(resolve, reject);
}
