import type { PlannedFault } from '@tidemark/testkit/verify';
import type { Circumstance } from './planted-bug.ts';

/** What passes by itself, as a full disk does. */
export const FAILING_COMMITS: Circumstance = { name: 'one commit in three fails', seams: ['failing-commits'] };

/** As when the connection to the store breaks at that moment. */
export const LOST_ANSWERS: Circumstance = {
  name: 'the answer to one commit in three is lost',
  seams: ['lost-answers'],
};

/** Writers of several partitions then overtake each other, and leave holes for a while. */
export const OVERTAKING: Circumstance = { name: 'one commit in three is slow', seams: ['some-slow-commits'] };

/**
 * As when this worker stood still, lost the partition, and another gave it back. That other one is in the same process: when
 * it writes is then no question of who is faster.
 */
export const TAKEN_OVER: Circumstance = {
  name: 'one batch in five is carried out by another worker of the partition',
  changes: [
    {
      file: 'packages/server/src/transfer/partition-owner.ts',
      find: `          if (entries.length > 0 || turn !== undefined || transfer.broken.aborted)
            queue.putBack(await this.#barrier.run(() => transfer.carryOut(entries, stop)));`,
      replace: `          const other = this.#options.transfer(partition, reader, () => this.#holds(partition, stop));
          const writer = Math.random() < 0.2 ? other : transfer;
          if (entries.length > 0) queue.putBack(await this.#barrier.run(() => writer.carryOut(entries, stop)));`,
    },
  ],
};

/** As when it stood still for longer than its leases last: it goes on for a while, beside those that have taken over. */
export const OVERLAPPING_OWNERS: Circumstance = {
  name: 'a worker hears five seconds late that it lost a partition',
  changes: [
    {
      file: 'packages/server/src/transfer/partition-owner.ts',
      find: `if (!held) return this.#leave(partition, 'lost');`,
      replace: `if (!held) return void setTimeout(() => this.#leave(partition, 'lost'), 5_000);`,
    },
  ],
};

/** A worker stands still between its decision and its commit, until others have written where it wrote; then it writes again. */
export const LEASES_LOST: readonly PlannedFault[] = [
  { faultId: '1', kind: 'pause-after-allocate', target: 'server 1', at: 1_000, lasts: 6_000, seed: 1 },
];

/** Each device dies at the next entries it takes, and once more when it is back: read marks alone would show nothing. */
export const DEVICES_DIE: readonly PlannedFault[] = ['alice', 'bob', 'carol'].flatMap((user) =>
  [1_000, 4_500].map((at) => ({
    faultId: `${user} ${at}`,
    kind: 'after-local-commit',
    target: `device ${user}/1`,
    at,
    lasts: 2_500,
    seed: 1,
  })),
);

/** Large batches, in the midst of which members come and go. */
export const MOVING_MEMBERS: Circumstance = {
  name: 'members come and go all the time',
  seams: ['slow-commits'],
  changes: [
    {
      file: 'packages/testkit/src/verify/device-traffic.ts',
      find: `  ['add', 2],\n  ['remove', 2],\n`,
      replace: `  ['add', 30],\n  ['remove', 30],\n`,
    },
  ],
};

/** Deleting them at any moment is safe: they are restored from the store. */
export const EVICTED_COUNTERS: Circumstance = {
  name: 'counters are evicted all the time',
  changes: [
    {
      file: 'packages/server/src/inbox/memory-inbox-seq.ts',
      find: `    allocate: async (counts) => {\n`,
      replace: `    allocate: async (counts) => {\n      if (Math.random() < 0.2) counters.clear();\n`,
    },
  ],
};

/** As when a stream is full: worth a second try. */
export const REFUSED_COMMANDS: Circumstance = {
  name: 'one command in three is refused for the moment',
  seams: ['refused-commands'],
};

/** As pub/sub may lose them, more often than it does. */
export const LOST_FRAMES: Circumstance = {
  name: 'four frames between nodes of five are lost',
  changes: [
    {
      file: 'packages/server/src/subscription/feed-hub.ts',
      find: '    for (const { event, to } of deliveries) {\n',
      replace: '    if (Math.random() < 0.8) return;\n    for (const { event, to } of deliveries) {\n',
    },
  ],
};

/** As an intermediary may do it. */
export const LATE_ENTRIES: Circumstance = {
  name: 'entries overtake each other on their way to devices',
  changes: [
    {
      file: 'packages/server/src/subscription/feed.ts',
      find: '    this.#sink.entry(seq, entry);\n',
      replace: `    if (Math.random() < 0.33) setTimeout(() => this.#sink.entry(seq, entry), 300);
    else this.#sink.entry(seq, entry);\n`,
    },
  ],
};

/** Entries are removed from inboxes while devices are away. */
export const SHORT_RETENTION: Circumstance = {
  name: 'inboxes keep their entries for a second',
  retentionMs: 1_000,
  changes: [
    {
      file: 'test/verify/server.ts',
      find: '  tuning: {\n',
      replace: '  retentionMs: 1_000,\n  tuning: {\n',
    },
    {
      file: 'packages/server/src/store/retention.ts',
      find: 'Math.max(this.#retentionMs / PASSES, MINUTE)',
      replace: '200',
    },
  ],
};

/** As when it was restored from a backup. */
export const NEW_EPOCH: Circumstance = {
  name: 'the inbox store is another one each time the server starts',
  changes: [
    {
      file: 'packages/storage-sql/src/migrations.ts',
      find: '  if (isCurrent(before)) return epochIn(before);\n',
      replace: `  if (isCurrent(before)) {
    const another = crypto.randomUUID().replaceAll('-', '');
    await sql\`update \${tables.meta} set value = \${another} where name = 'epoch'\`.execute(db);
    return another;
  }\n`,
    },
  ],
};

const EVERYTHING = [FAILING_COMMITS, MOVING_MEMBERS, LOST_ANSWERS, EVICTED_COUNTERS, REFUSED_COMMANDS, LATE_ENTRIES];

/** All that a run can meet at once: its control stands for those of each alone. */
export const EVERYTHING_AT_ONCE: Circumstance = {
  name: 'commits fail, are slow and lose their answers, commands are refused, counters evicted, entries late',
  seams: EVERYTHING.flatMap(({ seams }) => seams ?? []),
  changes: EVERYTHING.flatMap(({ changes }) => changes ?? []),
};
