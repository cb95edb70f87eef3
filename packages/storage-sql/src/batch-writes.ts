import { type CommitBatch, type Event, type EventRef, type InboxRow, type Projection, project } from '@tidemark/core';
import { type RawBuilder, sql } from 'kysely';
import { EVENT_SHAPE, REF_KEY, REF_SHAPE, toEventRow } from './event-row.ts';
import { REGISTER_KEY, REGISTER_KEY_SHAPE, REGISTER_SHAPE, toRegisterKeyRow, toRegisterRow } from './register-row.ts';
import type { Row, RowSet, RowShape } from './row-set.ts';
import type { SqlDialect, Write } from './sql-dialect.ts';
import type { TableNames } from './table-names.ts';

const CONVERSATION_SHAPE = {
  conversation_id: 'id',
  kind: 'id',
  title: 'text',
  created_by: 'id',
  created_at: 'int',
  head: 'int',
  last_at: 'int',
  last_message_seq: 'int',
  active_at: 'int',
} as const satisfies RowShape;
const HEAD_SHAPE = {
  conversation_id: 'id',
  after: 'int',
  head: 'int',
  last_at: 'int',
  last_message_seq: 'int',
  active_at: 'int',
} as const satisfies RowShape;
const LEFT_SHAPE = { conversation_id: 'id', user_id: 'id', left_seq: 'int' } as const satisfies RowShape;
const MEMBER_SHAPE = {
  conversation_id: 'id',
  user_id: 'id',
  joined_seq: 'int',
  left_seq: 'int',
} as const satisfies RowShape;
const READ_MARK_SHAPE = { user_id: 'id', conversation_id: 'id', read_seq: 'int' } as const satisfies RowShape;
const REACHED_SHAPE = { conversation_id: 'id', head: 'int' } as const satisfies RowShape;
const LEFT_OF_EVENT_SHAPE = { ...REF_SHAPE, type: 'id', body: 'text' } as const satisfies RowShape;
const TARGET_SHAPE = { conversation_id: 'id', target_seq: 'int' } as const satisfies RowShape;
const INBOX_SHAPE = {
  user_id: 'id',
  seq: 'int',
  conversation_id: 'id',
  conversation_seq: 'int',
  at: 'int',
} as const satisfies RowShape;

/**
 * A batch as writes, in the order in which they must be seen: events first, since their keys are the fence; stays are
 * closed before the next ones open; inbox rows last. Empty ones are left out: an ordinary batch of messages is three.
 *
 * @param remains what is left of stored events that carry what the batch erases
 */
export function writesOf(batch: CommitBatch, remains: readonly Event[]): Write[] {
  return [...historyWrites(batch.events, remains), ...inboxWrites(batch.rows)];
}

/** What `HistoryStore.append` writes. */
export function appendWrites(
  events: readonly Event[],
  delivery: { readonly delivered: readonly EventRef[] } | undefined,
  remains: readonly Event[],
): Write[] {
  const writes = historyWrites(events, remains);
  if (!delivery || events.length === 0) return writes;
  const delivered = refSet(delivery.delivered);
  return [
    ...writes,
    { ...insertOf('unsettled', REF_SHAPE, refSet(events).rows), conflict: 'event' as const },
    {
      name: 'delivered',
      conflict: 'event' as const,
      set: delivered,
      statement: (dialect: SqlDialect, tables: TableNames, source: RawBuilder<unknown>, guard: RawBuilder<unknown>) =>
        dialect.deleteRows(tables.unsettled, source, REF_KEY, guard),
    },
  ].filter((write) => write.set.rows.length > 0);
}

export function refSet(refs: readonly EventRef[]): RowSet {
  const rows = refs.map((ref) => ({ conversation_id: ref.conversationId, conversation_seq: ref.conversationSeq }));
  return { shape: REF_SHAPE, rows };
}

function historyWrites(batch: readonly Event[], remains: readonly Event[]): Write[] {
  if (batch.length === 0) return [];
  const projection = project(batch);
  const { events, created, heads, left, joined, readMarks, reached, registers } = projection;
  const newest = new Map(heads.map((head) => [head.conversationId, head]));
  const conversations = created.map((conversation) => {
    const head = newest.get(conversation.conversationId);
    newest.delete(conversation.conversationId);
    return {
      conversation_id: conversation.conversationId,
      kind: conversation.kind,
      title: conversation.title === null ? null : JSON.stringify(conversation.title),
      created_by: conversation.createdBy,
      created_at: conversation.createdAt,
      head: head?.head ?? 1,
      last_at: head?.lastAt ?? conversation.createdAt,
      last_message_seq: head?.lastMessageSeq ?? null,
      active_at: head?.activeAt ?? conversation.createdAt,
    };
  });
  const headSet: RowSet = {
    shape: HEAD_SHAPE,
    rows: [...newest.values()].map((head) => ({
      conversation_id: head.conversationId,
      after: head.after,
      head: head.head,
      last_at: head.lastAt,
      last_message_seq: head.lastMessageSeq,
      active_at: head.activeAt,
    })),
  };
  const stays = joined.map((stay) => ({
    conversation_id: stay.conversationId,
    user_id: stay.userId,
    joined_seq: stay.joinedSeq,
    left_seq: stay.leftSeq,
  }));
  const leftSet: RowSet = {
    shape: LEFT_SHAPE,
    rows: left.map((stay) => ({
      conversation_id: stay.conversationId,
      user_id: stay.userId,
      left_seq: stay.leftSeq,
    })),
  };
  const markSet: RowSet = {
    shape: READ_MARK_SHAPE,
    rows: readMarks.map((mark) => ({
      user_id: mark.userId,
      conversation_id: mark.conversationId,
      read_seq: mark.readSeq,
    })),
  };
  const reachedSet: RowSet = {
    shape: REACHED_SHAPE,
    rows: reached.map(({ conversationId, head }) => ({ conversation_id: conversationId, head })),
  };
  const writes: Write[] = [
    { ...insertOf('events', EVENT_SHAPE, events.map(toEventRow)), conflict: 'event' },
    { ...insertOf('conversations', CONVERSATION_SHAPE, conversations), conflict: 'event' },
    {
      name: 'heads',
      conflict: 'event',
      set: headSet,
      each: 'changes',
      statement: (dialect, tables, source, guard) =>
        dialect.update({
          table: tables.conversations,
          source,
          on: sql`t.conversation_id = v.conversation_id and t.head = v.after and ${guard}`,
          set: {
            head: 'v.head',
            last_at: 'v.last_at',
            last_message_seq: 'coalesce(v.last_message_seq, t.last_message_seq)',
            active_at: 'coalesce(v.active_at, t.active_at)',
          },
        }),
    },
    {
      name: 'left',
      conflict: 'event',
      set: leftSet,
      statement: (dialect, tables, source, guard) =>
        dialect.update({
          table: tables.members,
          source,
          on: sql`t.conversation_id = v.conversation_id and t.user_id = v.user_id and t.left_seq is null and ${guard}`,
          set: { left_seq: 'v.left_seq' },
        }),
    },
    { ...insertOf('members', MEMBER_SHAPE, stays), conflict: 'event' },
    {
      name: 'reached',
      conflict: 'event',
      set: reachedSet,
      each: 'selects',
      statement: (_, tables, source, guard) => sql`select 1 from ${source}
        join ${tables.conversations} t on t.conversation_id = v.conversation_id and t.head >= v.head where ${guard}`,
    },
    {
      name: 'read_marks',
      conflict: 'event',
      set: markSet,
      statement: (dialect, tables, source, guard) =>
        sql`${insertInto(tables.read_marks, READ_MARK_SHAPE, source, guard)} ${dialect.keepGreatest(
          tables.read_marks,
          ['user_id', 'conversation_id'],
          'read_seq',
        )}`,
    },
    ...erasingWrites(projection, remains),
    {
      name: 'registers',
      conflict: 'event',
      set: { shape: REGISTER_SHAPE, rows: registers.filter(({ value }) => value !== null).map(toRegisterRow) },
      statement: (dialect, tables, source, guard) =>
        sql`${insertInto(tables.registers, REGISTER_SHAPE, source, guard)} ${dialect.keepGreatest(
          tables.registers,
          REGISTER_KEY,
          'seq',
          ['value'],
        )}`,
    },
    {
      // The head of its conversation sees to it that nothing older comes later, so that no trace of it is needed.
      name: 'registers_no_longer_set',
      conflict: 'event',
      set: { shape: REGISTER_KEY_SHAPE, rows: registers.filter(({ value }) => value === null).map(toRegisterKeyRow) },
      statement: (dialect, tables, source, guard) => dialect.deleteRows(tables.registers, source, REGISTER_KEY, guard),
    },
  ];
  return writes.filter((write) => write.set.rows.length > 0);
}

/** Before the registers that stay are set. */
function erasingWrites({ erased }: Projection, remains: readonly Event[]): Write[] {
  const left: RowSet = { shape: LEFT_OF_EVENT_SHAPE, rows: remains.map(toEventRow) };
  const targets = erased.map((ref) => ({ conversation_id: ref.conversationId, target_seq: ref.conversationSeq }));
  return [
    {
      name: 'erased',
      conflict: 'event',
      set: left,
      statement: (dialect, tables, source, guard) =>
        dialect.update({
          table: tables.events,
          source,
          on: sql`t.conversation_id = v.conversation_id and t.conversation_seq = v.conversation_seq and ${guard}`,
          set: { type: 'v.type', body: 'v.body' },
        }),
    },
    {
      name: 'registers_of_erased',
      conflict: 'event',
      set: { shape: TARGET_SHAPE, rows: targets },
      statement: (dialect, tables, source, guard) =>
        dialect.deleteRows(tables.registers, source, Object.keys(TARGET_SHAPE), guard),
    },
  ];
}

/** In the order of the table's key: rows of one user stand side by side in its tree, and large batches cost half. */
export function inboxWrites(rows: readonly InboxRow[]): Write[] {
  if (rows.length === 0) return [];
  const sorted = [...rows].sort((a, b) => (a.userId < b.userId ? -1 : a.userId > b.userId ? 1 : a.seq - b.seq));
  const values = sorted.map(({ userId, seq, ref, at }) => ({
    user_id: userId,
    seq,
    conversation_id: ref?.conversationId ?? null,
    conversation_seq: ref?.conversationSeq ?? null,
    at,
  }));
  return [{ ...insertOf('inbox', INBOX_SHAPE, values), conflict: 'entry' }];
}

function insertOf(
  table: 'events' | 'conversations' | 'members' | 'unsettled' | 'inbox',
  shape: RowShape,
  rows: readonly Row[],
): Omit<Write, 'conflict'> {
  const set: RowSet = { shape, rows };
  return {
    name: table,
    set,
    statement: (_, tables, source, guard) => insertInto(tables[table], shape, source, guard),
  };
}

/** There is always a `where`: without it SQLite reads an `on conflict` that follows as part of a join. */
export function insertInto(
  table: RawBuilder<unknown>,
  shape: RowShape,
  source: RawBuilder<unknown>,
  guard: RawBuilder<unknown> = sql`true`,
): RawBuilder<unknown> {
  const columns = Object.keys(shape);
  const values = columns.map((column) => `v.${column}`);
  return sql`insert into ${table} (${sql.raw(columns.join(', '))})
    select ${sql.raw(values.join(', '))} from ${source} where ${guard}`;
}
