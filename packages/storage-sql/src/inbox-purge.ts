import type { InboxStore } from '@tidemark/core';
import { type RawBuilder, sql } from 'kysely';
import { insertInto } from './batch-writes.ts';
import type { RowSet, RowShape } from './row-set.ts';
import type { SqlDatabase } from './sql-database.ts';

export type InboxPurge = InboxStore['purge'];

const SHARE_SHAPE = { user_id: 'id', rows_due: 'int', top: 'int' } as const satisfies RowShape;
const ROW_SHAPE = { user_id: 'id', seq: 'int' } as const satisfies RowShape;
const FLOOR_SHAPE = { user_id: 'id', floor: 'int' } as const satisfies RowShape;

interface DueRow {
  readonly user_id: string;
  readonly seq: number;
  readonly at: number;
}

/**
 * Retention: removes the oldest rows, at most `limit` at a time. Of each user it takes rows from the lowest seq on, up to
 * the first that is young enough: clocks that disagree must not leave a hole in the middle. One that is dated beyond what
 * is plausible goes with those after it. The newest row stays, since the head must survive. Floors are raised before rows go, so that no reader meets a hole it was not told of.
 */
export function inboxPurge(database: SqlDatabase): InboxPurge {
  const { dialect, tables } = database;
  /**
   * Where the last batch ended, by `at`. The newest rows of users who are away are overdue and stay; starting from here
   * they are passed once per round, not once per batch. After the end of a round the next starts from the beginning.
   */
  let resumeAt: number | undefined;

  return async (before, limit, plausible = Number.POSITIVE_INFINITY) => {
    const resumed = resumeAt !== undefined;
    const removed = await purgeFrom(before, limit, plausible);
    return removed === 0 && resumed ? purgeFrom(before, limit, plausible) : removed;
  };

  async function purgeFrom(before: number, limit: number, plausible: number): Promise<number> {
    const shares = await database.rows(shareOfEach(before, limit));
    const found = shares.reduce((sum, share) => sum + share.rows_due, 0);
    resumeAt = found < limit ? undefined : Math.max(...shares.map((share) => share.last_at));
    if (found === 0) return 0;
    const set: RowSet = {
      shape: SHARE_SHAPE,
      rows: shares.map(({ user_id, rows_due, top }) => ({ user_id, rows_due, top })),
    };
    const due = oldestOf(await database.rowsFor(set, lowestRows), before, plausible);
    if (due.length === 0) return 0;
    await raiseFloors(due);
    const rows = due.map(({ user_id, seq }) => ({ user_id, seq }));
    return database.changedFor({ shape: ROW_SHAPE, rows }, (given) =>
      dialect.deleteRows(tables.inbox, given, ['user_id', 'seq']),
    );
  }

  /** How many of the oldest `limit` rows each user has, and the highest seq among them. Newest rows don't count. */
  function shareOfEach(before: number, limit: number): RawBuilder<ShareRow> {
    const from = resumeAt === undefined ? sql`` : sql`and i.at >= ${resumeAt}`;
    return sql<ShareRow>`
      select o.user_id, count(*) as rows_due, max(o.seq) as top, max(o.at) as last_at from (
        select i.user_id, i.seq, i.at from ${tables.inbox} i
        where i.at < ${before} ${from}
          and exists (select 1 from ${tables.inbox} n where n.user_id = i.user_id and n.seq > i.seq)
        order by i.at limit ${limit}
      ) o group by o.user_id`;
  }

  /** That many rows of each user, lowest seq first. */
  function lowestRows(shares: RawBuilder<unknown>): RawBuilder<DueRow> {
    return sql<DueRow>`
      select r.user_id, r.seq, r.at from (
        select i.user_id, i.seq, i.at, v.rows_due,
          row_number() over (partition by i.user_id order by i.seq) as place
        from ${shares}
        join ${tables.inbox} i on i.user_id = v.user_id and i.seq <= v.top
      ) r where r.place <= r.rows_due order by r.user_id, r.seq`;
  }

  function raiseFloors(due: readonly DueRow[]): Promise<unknown> {
    const floors = new Map(due.map((row) => [row.user_id, row.seq]));
    const rows = [...floors].map(([user_id, floor]) => ({ user_id, floor }));
    const keep = dialect.keepGreatest(tables.inbox_floors, ['user_id'], 'floor');
    return database.changedFor(
      { shape: FLOOR_SHAPE, rows },
      (given) => sql`${insertInto(tables.inbox_floors, FLOOR_SHAPE, given)} ${keep}`,
    );
  }
}

interface ShareRow {
  readonly user_id: string;
  readonly rows_due: number;
  readonly top: number;
  readonly last_at: number;
}

/** Of rows in order of (user, seq): those of each user before the first that is young enough. */
function oldestOf(rows: readonly DueRow[], before: number, plausible: number): DueRow[] {
  let stoppedAt: string | undefined;
  return rows.filter((row) => {
    if (row.user_id !== stoppedAt && row.at >= before && row.at <= plausible) stoppedAt = row.user_id;
    return row.user_id !== stoppedAt;
  });
}
