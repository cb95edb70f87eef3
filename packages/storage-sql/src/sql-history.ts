import {
  COUNTED_TYPES,
  type ConversationId,
  type ConversationState,
  type ConversationSummary,
  type ConversationsQuery,
  DEFAULT_SETTINGS,
  definitionOf,
  type Event,
  type EventRef,
  type HistoryQuery,
  type HistoryStore,
  MESSAGE_TYPES,
  type Membership,
  type MessageRegisters,
  probeBatches,
  type Quote,
  type QuotesQuery,
  quoteOf,
  type RegisterName,
  type StoreIdentity,
  saidIn,
  systemClock,
  UNREAD_SPAN,
  type UserId,
} from '@tidemark/core';
import { type RawBuilder, sql } from 'kysely';
import { appendWrites, refSet } from './batch-writes.ts';
import { remainsIn, remainsOf } from './erasing.ts';
import { type EventRow, eventColumns, fromEventRow, REF_KEY, REF_SHAPE } from './event-row.ts';
import { readAsWriter } from './probe-reads.ts';
import { fromRegisterRow, REGISTER_KEY_SHAPE, type RegisterRow, toRegisterKeyRow } from './register-row.ts';
import type { RowSet, RowShape } from './row-set.ts';
import { TABLE_PREFIX } from './schema.ts';
import type { SqlDatabase } from './sql-database.ts';
import { sqlRefusals } from './sql-refusals.ts';
import {
  distinctRegisters,
  fromPageRow,
  fromShownRow,
  GROUPS,
  newestOwned,
  type Own,
  registersAt,
  registersOfPage,
  shownRegisters,
  sizeOfShown,
  VIEW_SHAPE,
} from './sql-registers.ts';

const EVENT_COLUMNS = eventColumns();
const COMMAND_SHAPE = { actor_id: 'id', command_id: 'id' } as const satisfies RowShape;
const PLACED_REF_SHAPE = { ...REF_SHAPE, place: 'int' } as const satisfies RowShape;
const CONVERSATION_ID_SHAPE = { conversation_id: 'id' } as const satisfies RowShape;

/** The history role on a SQL database. */
export function sqlHistory(database: SqlDatabase): HistoryStore {
  const { dialect, tables } = database;

  const conversationSet = (ids: readonly ConversationId[]): RowSet => ({
    shape: CONVERSATION_ID_SHAPE,
    rows: [...new Set(ids)].map((id) => ({ conversation_id: id })),
  });

  const history: HistoryStore = {
    ...sqlRefusals(database),
    survives: database.survives,
    open: () => database.open(),
    close: () => database.close(),
    identity: async () => {
      const identity = await database.meta('identity');
      if (identity === undefined) throw new Error(`${TABLE_PREFIX}meta has lost its identity`);
      return identity as StoreIdentity;
    },

    wallTime: database.wallTime,

    append: async (events, delivery) =>
      database.write(appendWrites(events, delivery, await remainsOf(database, events))),

    probe: async () => {
      const batches = probeBatches(systemClock.now());
      const delivered = batches[0]?.events ?? [];
      await database.probe(
        batches.map((batch, nth) => {
          const remains = remainsIn(batches.slice(0, nth), batch);
          return appendWrites(batch.events, { delivered: nth > 0 ? delivered : [] }, remains);
        }),
      );
      await readAsWriter({ history }, batches);
    },

    undelivered: async () => {
      const rows = await database.rows(sql<{ conversation_id: string; conversation_seq: number }>`
        select conversation_id, conversation_seq from ${tables.unsettled}`);
      return rows.map(
        (row) => ({ conversationId: row.conversation_id, conversationSeq: row.conversation_seq }) as EventRef,
      );
    },

    markDelivered: async (refs) => {
      await database.changedFor(refSet(refs), (given) => dialect.deleteRows(tables.unsettled, given, REF_KEY));
    },

    load: async (conversationIds) => {
      // One statement, so that head and members of a conversation are of one moment.
      const rows = await database.rowsFor(
        conversationSet(conversationIds),
        (given) => sql<ConversationRow & { user_id: string | null; joined_seq: number }>`
        select t.conversation_id, t.kind, t.title, t.created_by, t.created_at, t.head, t.last_at, m.user_id, m.joined_seq
        from ${given}
        join ${tables.conversations} t on t.conversation_id = v.conversation_id
        left join ${tables.members} m on m.conversation_id = t.conversation_id and m.left_seq is null
        order by m.joined_seq`,
      );
      return statesOf(rows);
    },

    findByCommand: async (commands) => {
      const keys = commands.map(({ actorId, commandId }) => ({ actor_id: actorId, command_id: commandId }));
      const rows = await database.rowsFor(
        { shape: COMMAND_SHAPE, rows: keys },
        (given) => sql<EventRow>`
        select ${EVENT_COLUMNS} from ${given}
        join ${tables.events} e on e.actor_id = v.actor_id and e.command_id = v.command_id`,
      );
      return distinctEvents(rows);
    },

    findByRef: async (refs, bytes) => {
      if (refs.length === 0) return [];
      const keys = refs.map((ref, place) => ({
        conversation_id: ref.conversationId,
        conversation_seq: ref.conversationSeq,
        place,
      }));
      const rows =
        bytes === undefined
          ? await database.rowsFor(
              { shape: REF_SHAPE, rows: keys },
              (given) =>
                sql<EventRow>`select ${EVENT_COLUMNS} from ${given} join ${tables.events} e on ${atPlaceOf('v')}`,
            )
          : await database.rows(
              // Of one page, whose sum of bytes is one.
              eventsOf(
                sql`select e.conversation_id, e.conversation_seq, octet_length(e.body) as size, v.place as ordinal
                  from ${dialect.rowSource({ shape: PLACED_REF_SHAPE, rows: keys })}
                  join ${tables.events} e on ${atPlaceOf('v')}`,
                { limit: refs.length, bytes, direction: 'asc' },
              ),
            );
      return distinctEvents(rows);
    },

    findRegisters: async (keys) => {
      const rows = await database.rowsFor({ shape: REGISTER_KEY_SHAPE, rows: keys.map(toRegisterKeyRow) }, (given) =>
        registersAt(tables, given),
      );
      return distinctRegisters(rows.map(fromRegisterRow));
    },

    findShown: async (views) => {
      const given = views.map(({ conversationId, target, viewer }) => ({
        conversation_id: conversationId,
        target_seq: target,
        viewer,
      }));
      const rows = await database.rowsFor({ shape: VIEW_SHAPE, rows: given }, (each) => shownRegisters(database, each));
      return distinctRegisters(rows.flatMap((row) => fromShownRow(row, row.viewer)));
    },

    owners: async ({ of, ...page }) => {
      const found: RegisterRow[] = [];
      for (let from = 0; from < of.length; from += GROUPS) {
        const query = newestOwned(tables, { of: of.slice(from, from + GROUPS), ...page });
        for (const row of await database.rows(query)) found.push(row);
      }
      return distinctRegisters(found.map(fromRegisterRow));
    },

    memberships: async (conversationIds, userId) => {
      const rows = await database.rowsFor(
        conversationSet(conversationIds),
        (given) => sql<MemberRow>`
        select m.conversation_id, m.user_id, m.joined_seq, m.left_seq
        from ${given}
        join ${tables.members} m on m.conversation_id = v.conversation_id
          ${userId === undefined ? sql`` : sql`and m.user_id = ${userId}`}`,
      );
      return rows.map(
        (row) =>
          ({
            conversationId: row.conversation_id,
            userId: row.user_id,
            joinedSeq: row.joined_seq,
            leftSeq: row.left_seq,
          }) as Membership,
      );
    },

    range: async (query) => {
      const rows = await database.rows(visibleEvents(query));
      const events = rows.filter(isEventRow);
      return {
        events: events.map(fromEventRow),
        registers: rows.filter((row) => !isEventRow(row)).flatMap((row) => fromPageRow(row, query.userId)),
        asOf: events[0]?.as_of ?? 0,
        hasMore: hasMore(events),
      };
    },

    quotes: async ({ userId, conversationId, seqs, bytes }) => {
      const given = [...new Set(seqs)].map((seq) => ({ conversation_id: conversationId, conversation_seq: seq }));
      const rows = await database.rowsFor({ shape: REF_SHAPE, rows: given }, (each) =>
        quotedMessages(each, { userId, conversationId, bytes }),
      );
      return rows.map(toQuote);
    },

    conversations: async (query) => {
      const rows = await database.rows(summaries(query));
      return { conversations: rows.map(toSummary), hasMore: hasMore(rows) };
    },

    conversation: async (userId, conversationId, unread) => {
      const rows = await database.rows(summaries({ userId, conversationId, limit: 1, unread }));
      return rows.map(toSummary)[0];
    },
  };
  return history;

  /**
   * The events at these places, as far as a page goes. Their sizes come first and the texts of the page alone after them:
   * what it can't hold is neither sent nor put together. `cross join` is what keeps SQLite from the other order.
   */
  function eventsOf(places: RawBuilder<unknown>, page: PageOfEvents): RawBuilder<EventRow & Counted> {
    return sql<EventRow & Counted>`
      select ${EVENT_COLUMNS}, w.found from (${pageOf(places, page)}) w cross join ${tables.events} e
      where ${atPlaceOf('w')}
      order by w.place`;
  }

  /**
   * The places of a page, each with its `place` in it, and how many were `found`.
   *
   * @param places (conversation_id, conversation_seq, size, ordinal): one more than `limit`, if there is one
   */
  function pageOf(
    places: RawBuilder<unknown>,
    { limit, bytes = Number.MAX_SAFE_INTEGER, direction }: PageOfEvents,
  ): RawBuilder<unknown> {
    const order = sql.raw(`order by s.ordinal ${direction}`);
    return sql`select p.* from (
        select s.conversation_id, s.conversation_seq, row_number() over (${order}) as place,
          sum(s.size) over (${order}) as total, count(*) over () as found
        from (${places}) s
      ) p where p.place <= ${limit} and (p.place = 1 or p.total <= ${bytes})`;
  }

  /**
   * Walks the log by its key, from the user's first stay to their last and no further, and keeps what lies within one. What the page
   * carries of its events follows in further rows: one statement, so that all is of one moment.
   */
  function visibleEvents(query: HistoryQuery): RawBuilder<PageRow> {
    const { userId, conversationId, after, before, limit, bytes } = query;
    const direction = after === undefined ? 'desc' : 'asc';
    const stays = sql`from ${tables.members} m where m.conversation_id = ${conversationId} and m.user_id = ${userId}`;
    const from = after === undefined ? sql`` : sql`and e.conversation_seq > ${after}`;
    const to = before === undefined ? sql`` : sql`and e.conversation_seq < ${before}`;
    const end = endOf(stays);
    const places = sql`
      select e.conversation_id, e.conversation_seq, e.conversation_seq as ordinal,
        octet_length(e.body) + ${sizeOfShown(tables, end)} as size
      from ${tables.events} e
      where e.conversation_id = ${conversationId} ${from} ${to}
        and e.conversation_seq >= (select min(m.joined_seq) ${stays})
        and e.conversation_seq <= ${end}
        and ${isWithin(stays)}
      order by e.conversation_seq ${sql.raw(direction)}
      limit ${limit + 1}`;
    const head = sql`(select t.head from ${tables.conversations} t where t.conversation_id = ${conversationId})`;
    return sql<PageRow>`
      with w as (${pageOf(places, { limit, bytes, direction })})
      select w.place, w.found, case when ${end} < ${head} then ${end} else ${head} end as as_of, ${EVENT_COLUMNS}, 0 as own_seq
      from w cross join ${tables.events} e where ${atPlaceOf('w')}
      union all ${registersOfPage(database, sql`${userId}`, end)}
      order by place`;
  }

  /** The texts of what messages say now, each only where it is no larger than `bytes`. */
  function quotedMessages(
    given: RawBuilder<unknown>,
    { userId, conversationId, bytes }: Omit<QuotesQuery, 'seqs'>,
  ): RawBuilder<QuoteRow> {
    const stays = sql`from ${tables.members} m where m.conversation_id = ${conversationId} and m.user_id = ${userId}`;
    const said = sql`coalesce(g.value, e.body)`;
    return sql<QuoteRow>`
      select ${eventColumns('body')}, case when octet_length(${said}) <= ${bytes} then ${said} end as body,
        case when g.value is null then 0 else 1 end as has_register
      from ${given} join ${tables.events} e on ${atPlaceOf('v')}
      ${messageRegister('e', sql`and g.seq <= ${endOf(stays)}`)}
      where e.type ${oneOf(MESSAGE_TYPES)} and ${isWithin(stays)}`;
  }

  /** Joins as `g` how a message of `alias` differs from what was sent: by its content, or since it was revoked. */
  function messageRegister(alias: 'e' | 'l', more = sql``): RawBuilder<unknown> {
    return sql`left join ${tables.registers} g on g.conversation_id = ${sql.ref(`${alias}.conversation_id`)}
      and g.target_seq = ${sql.ref(`${alias}.conversation_seq`)}
      and g.name in ('content', 'revoked') and g.register_key = '' and g.owner = '' ${more}`;
  }

  /** A page of conversations first, then what is looked up for each of the page alone; one statement. */
  function summaries({
    userId,
    conversationId,
    after,
    limit,
    bytes = Number.MAX_SAFE_INTEGER,
    unread,
  }: ConversationsQuery & { conversationId?: ConversationId }): RawBuilder<SummaryRow & Counted> {
    const list = conversationId === undefined;
    const which = list
      ? sql`and (t.kind <> 'self' or t.last_message_seq >= m.joined_seq)
          and not exists (select 1 from ${tables.registers} h where ${ownRegister('h', 't', 'unlisted', userId)}
            and ${dialect.integerIn(sql`h.value`)} >= coalesce(t.last_message_seq, 0))`
      : sql`and t.conversation_id = ${conversationId}`;
    const from = after
      ? sql`and (t.active_at < ${after.activeAt}
          or (t.active_at = ${after.activeAt} and t.conversation_id < ${after.conversationId}))`
      : sql``;
    const order = sql`order by q.active_at desc, q.conversation_id desc`;
    return sql<SummaryRow & Counted>`
      select p.*, ${eventColumns('conversation_id')}, g.name as register, g.value as register_value,
        s.value as settings, coalesce(s.seq, 0) as own_seq,
        ${unreadOf(userId, unread)} as unread, ${unreadMentionsOf(userId, unread)} as unread_mentions
      from (
        select q.*, row_number() over (${order}) as place,
          sum(coalesce(octet_length(l.body), 0) + coalesce(octet_length(g.value), 0)) over (${order}) as total, count(*) over () as found
        from (
          select t.conversation_id, t.kind, t.title, t.created_by, t.created_at, t.head, t.last_at, t.last_message_seq,
            t.active_at, m.joined_seq, coalesce(r.read_seq, 0) as read_seq,
            case when r.read_seq >= m.joined_seq then r.read_seq else m.joined_seq - 1 end as seen_seq
          from ${tables.members} m
          join ${tables.conversations} t on t.conversation_id = m.conversation_id
          left join ${tables.read_marks} r on r.user_id = m.user_id and r.conversation_id = m.conversation_id
          where m.user_id = ${userId} and m.left_seq is null ${which} ${from}
          order by t.active_at desc, t.conversation_id desc
          limit ${limit + 1}
        ) q
        left join ${tables.events} l on l.conversation_id = q.conversation_id
          and l.conversation_seq = q.last_message_seq and l.conversation_seq >= q.joined_seq
        ${messageRegister('l')}
      ) p
      left join ${tables.events} e on e.conversation_id = p.conversation_id
        and e.conversation_seq = p.last_message_seq and e.conversation_seq >= p.joined_seq
      ${messageRegister('e')}
      left join ${tables.registers} s on ${ownRegister('s', 'p', 'settings', userId)}
      where p.place <= ${limit} and (p.place = 1 or p.total <= ${bytes})
      order by p.active_at desc, p.conversation_id desc`;
  }

  /** `counts` of core in SQL, over the conversation `p`, counted to `most` and no further. */
  function unreadOf(userId: UserId, most: number | undefined): RawBuilder<unknown> {
    const theirs = sql`from ${tables.events} u
      where u.conversation_id = p.conversation_id and u.conversation_seq > p.seen_seq and ${isCounted('u', userId)}`;
    const counted = countedTo(most, theirs, sql`order by u.conversation_seq`);
    if (most === undefined) return counted;
    return sql`(case when p.head - p.seen_seq > ${sql.lit(most * UNREAD_SPAN)} then ${sql.lit(most)} else ${counted} end)`;
  }

  /**
   * `countsAsMention` of core in the same way, by the registers of those who are mentioned: no other message is looked at. `cross join` is
   * what keeps SQLite from the other order.
   */
  function unreadMentionsOf(userId: UserId, most: number | undefined): RawBuilder<unknown> {
    const theirs = sql`from ${tables.registers} n cross join ${tables.events} o
      where n.conversation_id = p.conversation_id and n.name = 'mention' and n.owner in ('', ${userId})
        and n.target_seq > p.seen_seq and o.conversation_id = n.conversation_id and o.conversation_seq = n.target_seq
        and ${isCounted('o', userId)}`;
    return countedTo(most, theirs);
  }
}

/** How many there are, counted to `most` and no further. @param order in which they are walked through best */
function countedTo(most: number | undefined, from: RawBuilder<unknown>, order = sql``): RawBuilder<unknown> {
  const count = sql`(select count(*) ${from})`;
  if (most === undefined) return count;
  // Whether there is a last one to count is found by walking in order; else there are few enough to count.
  const last = sql`(select ${sql.lit(most)} ${from} ${order} limit 1 offset ${sql.lit(most - 1)})`;
  return sql`coalesce(${last}, ${count})`;
}

/** What of `counts` in core is asked of the event alone. */
function isCounted(alias: 'u' | 'o', userId: UserId): RawBuilder<unknown> {
  return sql`${sql.ref(`${alias}.type`)} ${oneOf(COUNTED_TYPES)} and ${sql.ref(`${alias}.actor_id`)} <> ${userId}`;
}

/** Where `alias` is what a user has set of the conversation of `of`: its whole key. */
function ownRegister(alias: string, of: string, name: RegisterName, userId: UserId): RawBuilder<unknown> {
  return sql`${sql.ref(`${alias}.conversation_id`)} = ${sql.ref(`${of}.conversation_id`)}
    and ${sql.ref(`${alias}.target_seq`)} = 0 and ${sql.ref(`${alias}.name`)} = ${sql.lit(name)}
    and ${sql.ref(`${alias}.register_key`)} = '' and ${sql.ref(`${alias}.owner`)} = ${userId}`;
}

/** The last event that a user may know of. @param stays those of the user, as `m` */
function endOf(stays: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`(select max(coalesce(m.left_seq, ${sql.raw(String(Number.MAX_SAFE_INTEGER))})) ${stays})`;
}

/** Whether the event `e` lies within one of these stays. */
function isWithin(stays: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`exists (
    select 1 ${stays} and m.joined_seq <= e.conversation_seq
      and (m.left_seq is null or e.conversation_seq <= m.left_seq))`;
}

/** The comparison with these constants; an equation where there is one, which every planner knows what to do with. */
function oneOf(values: readonly string[]): RawBuilder<unknown> {
  const [first, ...others] = values.map((value) => sql.lit(value));
  return others.length === 0 ? sql`= ${first}` : sql`in (${sql.join([first, ...others])})`;
}

/** A conversation_id and conversation_seq of `alias` as the key of the event `e`. */
function atPlaceOf(alias: 'v' | 'w'): RawBuilder<unknown> {
  return sql.raw(`e.conversation_id = ${alias}.conversation_id and e.conversation_seq = ${alias}.conversation_seq`);
}

interface PageOfEvents {
  readonly limit: number;
  readonly bytes?: number | undefined;
  readonly direction: 'asc' | 'desc';
}

/** A message as an event, but for its body: that is what it says now, or null where that is too large. */
type QuoteRow = Omit<EventRow, 'body'> & { readonly body: string | null; readonly has_register: number };

function toQuote({ body, has_register, ...row }: QuoteRow): Quote {
  const event = fromEventRow({ ...row, body: body === null || has_register ? '{}' : body });
  if (body === null) return quoteOf(event, null);
  return quoteOf(event, has_register ? JSON.parse(body) : (saidIn(event) ?? null));
}

/** An event of a page, or in its columns a register of one. */
type PageRow = EventRow & Own & { readonly found: number | null; readonly as_of: number | null };

function isEventRow(row: PageRow): row is PageRow & Counted {
  return row.found !== null;
}

/** How many rows there were for the page, one more than its limit at most. */
interface Counted {
  readonly found: number;
}

function hasMore(page: readonly Counted[]): boolean {
  return (page[0]?.found ?? 0) > page.length;
}

interface ConversationRow {
  readonly conversation_id: string;
  readonly kind: string;
  readonly title: string | null;
  readonly created_by: string;
  readonly created_at: number;
  readonly head: number;
  readonly last_at: number;
}

interface MemberRow {
  readonly conversation_id: string;
  readonly user_id: string;
  readonly joined_seq: number;
  readonly left_seq: number | null;
}

/** The event's columns are those of the last message, and null where none is visible. */
type SummaryRow = ConversationRow & { [K in keyof Omit<EventRow, 'conversation_id'>]: EventRow[K] | null } & {
  /** Of `MessageRegisters`, that of the last message which is set. */
  readonly register: keyof MessageRegisters | null;
  /** Its value, as JSON text. */
  readonly register_value: string | null;
  readonly active_at: number;
  readonly joined_seq: number;
  readonly read_seq: number;
  readonly unread: number;
  readonly unread_mentions: number;
  /** JSON text; null where the user has set nothing. */
  readonly settings: string | null;
  readonly own_seq: number;
};

function conversationOf(row: ConversationRow): ConversationState['conversation'] {
  return {
    conversationId: row.conversation_id,
    kind: row.kind,
    title: row.title === null ? null : JSON.parse(row.title),
    createdBy: row.created_by,
    createdAt: row.created_at,
  } as ConversationState['conversation'];
}

function statesOf(
  rows: readonly (ConversationRow & { user_id: string | null; joined_seq: number })[],
): Map<ConversationId, ConversationState> {
  const states = new Map<ConversationId, ConversationState & { members: Map<UserId, number> }>();
  for (const row of rows) {
    const conversationId = row.conversation_id as ConversationId;
    let state = states.get(conversationId);
    if (!state) {
      const { head, last_at: lastAt } = row;
      state = { conversation: conversationOf(row), head, lastAt, members: new Map() } as typeof state & object;
      states.set(conversationId, state);
    }
    if (row.user_id !== null) state.members.set(row.user_id as UserId, row.joined_seq);
  }
  return states;
}

/** A key asked for twice is found twice; callers get it once. */
function distinctEvents(rows: readonly EventRow[]): Event[] {
  return [...new Map(rows.map((row) => [`${row.conversation_id} ${row.conversation_seq}`, row])).values()].map(
    fromEventRow,
  );
}

function registersIn({ register, register_value }: SummaryRow): MessageRegisters {
  return register && register_value ? { [register]: JSON.parse(register_value) } : {};
}

function toSummary(row: SummaryRow): ConversationSummary {
  const last = row.body === null ? undefined : fromEventRow(row as EventRow);
  return {
    ...conversationOf(row),
    head: row.head,
    joinedSeq: row.joined_seq,
    readSeq: row.read_seq,
    unread: row.unread,
    unreadMentions: row.unread_mentions,
    lastMessage: (last && definitionOf(last).message?.(last, registersIn(row))) ?? null,
    activeAt: row.active_at,
    settings: row.settings === null ? DEFAULT_SETTINGS : JSON.parse(row.settings),
    ownSeq: row.own_seq,
  } as ConversationSummary;
}
