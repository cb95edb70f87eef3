import {
  type Event,
  type EventRef,
  type InboxBounds,
  type InboxRecord,
  type InboxRow,
  type InboxStore,
  probeBatches,
  type Seq,
  type StoreIdentity,
  systemClock,
  UnavailableError,
  type UserId,
} from '@tidemark/core';
import { type RawBuilder, sql } from 'kysely';
import { inboxWrites } from './batch-writes.ts';
import { type EventRow, eventColumns, fromEventRow } from './event-row.ts';
import { type InboxPurge, inboxPurge } from './inbox-purge.ts';
import { readAsWriter } from './probe-reads.ts';
import type { RowShape } from './row-set.ts';
import type { SqlDatabase } from './sql-database.ts';

const SEQ_SHAPE = { user_id: 'id', seq: 'int' } as const satisfies RowShape;
const USER_SHAPE = { user_id: 'id' } as const satisfies RowShape;
const DELIVERY_SHAPE = { user_id: 'id', conversation_id: 'id', conversation_seq: 'int' } as const satisfies RowShape;

/** The place comes from the row. */
const EVENT_COLUMNS = eventColumns('conversation_id', 'conversation_seq');

/** How often a void is tried when others keep writing the same seqs; each try that fails means that one was filled. */
const VOID_TRIES = 10;

/** The inbox role on a SQL database. @param options.joinsEvents the same database holds the history. */
export function sqlInbox(database: SqlDatabase, options: { joinsEvents: boolean }): InboxStore {
  const { tables } = database;
  const purge: InboxPurge = inboxPurge(database);

  const inbox: InboxStore = {
    survives: database.survives,
    open: () => database.open(),
    close: () => database.close(),
    get epoch() {
      return database.epoch;
    },
    renewEpoch: () => database.renewEpoch(),
    bind: async (history) => (await database.metaOnce('history', history)) as StoreIdentity,

    wallTime: database.wallTime,

    append: (rows) => database.write(inboxWrites(rows)),

    probe: async () => {
      const batches = probeBatches(systemClock.now());
      await database.probe(batches.map(({ rows }) => inboxWrites(rows)));
      await readAsWriter({ inbox }, batches);
    },

    fillVoids: async (userId, seqs, at) => {
      for (let attempt = 0; attempt < VOID_TRIES; attempt++) {
        const free = await freeSeqs(userId, seqs);
        const outcome = await database.write(inboxWrites(free.map((seq) => ({ userId, seq, ref: null, at }))));
        if (outcome.conflict === undefined) return free;
      }
      throw new UnavailableError(`the inbox of ${userId} changes too fast to write voids`);
    },

    find: async (deliveries) => {
      const keys = deliveries.map(({ userId, ref }) => ({
        user_id: userId,
        conversation_id: ref.conversationId,
        conversation_seq: ref.conversationSeq,
      }));
      const rows = await database.rowsFor(
        { shape: DELIVERY_SHAPE, rows: keys },
        (given) => sql<StoredRow>`
        select i.user_id, i.seq, i.conversation_id, i.conversation_seq, i.at from ${given}
        join ${tables.inbox} i on i.user_id = v.user_id
          and i.conversation_id = v.conversation_id and i.conversation_seq = v.conversation_seq`,
      );
      return [...new Map(rows.map((row) => [`${row.user_id} ${row.seq}`, toInboxRow(row)])).values()];
    },

    range: async (userId, after, limit, bytes) => {
      const query = !options.joinsEvents
        ? plainRange(userId, after, limit)
        : bytes === undefined
          ? joinedRange(userId, after, limit)
          : boundedRange(userId, after, limit, bytes);
      return (await database.rows(query)).map(toRecord);
    },

    seqs: async (userId, after, limit) => {
      const rows = await database.rows(sql<{ seq: number }>`
        select i.seq from ${tables.inbox} i
        where i.user_id = ${userId} and i.seq > ${after} order by i.seq limit ${limit}`);
      return rows.map((row) => row.seq as Seq);
    },

    bounds: async (userIds) => {
      const users = [...new Set(userIds)].map((user) => ({ user_id: user }));
      const rows = await database.rowsFor(
        { shape: USER_SHAPE, rows: users },
        (given) => sql<{ user_id: string; floor: number | null; newest: number | null }>`
        select v.user_id, f.floor,
          (select i.seq from ${tables.inbox} i where i.user_id = v.user_id order by i.seq desc limit 1) as newest
        from ${given}
        left join ${tables.inbox_floors} f on f.user_id = v.user_id`,
      );
      return new Map(rows.map((row) => [row.user_id as UserId, toBounds(row.floor ?? 0, row.newest ?? 0)]));
    },

    purge,
  };
  return inbox;

  async function freeSeqs(userId: UserId, seqs: readonly Seq[]): Promise<Seq[]> {
    const asked = [...new Set(seqs)];
    const rows = asked.map((seq) => ({ user_id: userId, seq }));
    const taken = await database.rowsFor(
      { shape: SEQ_SHAPE, rows },
      (given) => sql<{ seq: number }>`
      select i.seq from ${given}
      join ${tables.inbox} i on i.user_id = v.user_id and i.seq = v.seq`,
    );
    const known = new Set(taken.map((row) => row.seq));
    return asked.filter((seq) => !known.has(seq));
  }

  function joinedRange(userId: UserId, after: number, limit: number): RawBuilder<RecordRow> {
    return sql<RecordRow>`
      select i.seq, i.conversation_id, i.conversation_seq, ${EVENT_COLUMNS}
      from ${tables.inbox} i
      left join ${tables.events} e on e.conversation_id = i.conversation_id and e.conversation_seq = i.conversation_seq
      where i.user_id = ${userId} and i.seq > ${after} order by i.seq limit ${limit}`;
  }

  /** Sizes first, and the texts of what fits alone. */
  function boundedRange(userId: UserId, after: number, limit: number, bytes: number): RawBuilder<RecordRow> {
    return sql<RecordRow>`
      select w.seq, w.conversation_id, w.conversation_seq, ${EVENT_COLUMNS}
      from (
        select s.*, row_number() over (order by s.seq) as place, sum(s.size) over (order by s.seq) as total from (
          select i.seq, i.conversation_id, i.conversation_seq, coalesce(octet_length(l.body), 0) as size
          from ${tables.inbox} i
          left join ${tables.events} l on l.conversation_id = i.conversation_id and l.conversation_seq = i.conversation_seq
          where i.user_id = ${userId} and i.seq > ${after} order by i.seq limit ${limit}
        ) s
      ) w
      left join ${tables.events} e on e.conversation_id = w.conversation_id and e.conversation_seq = w.conversation_seq
      where w.place = 1 or w.total <= ${bytes} order by w.seq`;
  }

  function plainRange(userId: UserId, after: number, limit: number): RawBuilder<RecordRow> {
    return sql<RecordRow>`
      select i.seq, i.conversation_id, i.conversation_seq, null as body from ${tables.inbox} i
      where i.user_id = ${userId} and i.seq > ${after} order by i.seq limit ${limit}`;
  }
}

interface StoredRow {
  readonly user_id: string;
  readonly seq: number;
  readonly conversation_id: string | null;
  readonly conversation_seq: number | null;
  readonly at: number;
}

type RecordRow = Pick<StoredRow, 'seq' | 'conversation_id' | 'conversation_seq'> & { readonly body: string | null };

function refOf(row: Pick<StoredRow, 'conversation_id' | 'conversation_seq'>): EventRef | null {
  if (row.conversation_id === null) return null;
  return { conversationId: row.conversation_id, conversationSeq: row.conversation_seq } as EventRef;
}

function toInboxRow(row: StoredRow): InboxRow {
  return { userId: row.user_id, seq: row.seq, ref: refOf(row), at: row.at } as InboxRow;
}

function toRecord(row: RecordRow): InboxRecord {
  const event: Event | undefined = row.body === null ? undefined : fromEventRow(row as unknown as EventRow);
  return { seq: row.seq as Seq, ref: refOf(row), ...(event && { event }) };
}

function toBounds(floor: number, newest: number): InboxBounds {
  return { floor, head: Math.max(floor, newest) } as InboxBounds;
}
