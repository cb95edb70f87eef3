import type { CommandId, ConversationId, Cursor, Event, UserId } from '@tidemark/core';
import type { ConversationRow } from './conversation-row.ts';
import type { LocalChanges, LocalEventsQuery, LocalState, LocalStore } from './local-store.ts';
import { isLost, LocalStoreError } from './local-store-error.ts';
import { type SqliteDatabase, type SqliteStatement, sqliteCode } from './sqlite-database.ts';
import { migrateSqlite } from './sqlite-migrations.ts';
import { byOrder, isReadableDraft, newIncarnation, readConversation, readDraft, readEvent } from './stored-json.ts';

export interface SqliteLocalStoreOptions {
  /**
   * A connection of better-sqlite3, libsql or node:sqlite for this store alone, since pragmas are set on it. It stays the
   * application's: `close` leaves it open. The file may hold other tables and several users.
   */
  readonly database: SqliteDatabase;
  /**
   * Called when the file is damaged beyond repair: closes it, puts it aside (with `-wal` and `-shm`) and gives a connection to a new
   * one, to which the drafts that could be read are copied. An encrypted file opened with a wrong key looks like a damaged one, so
   * rename rather than delete. Without it, dropping the tables is tried, again and again.
   */
  readonly recreate?: () => SqliteDatabase;
}

/** Of an open store. */
interface Session {
  readonly userId: UserId;
  /** `null` after `erase`: the next transaction begins anew. */
  incarnation: string | null;
  readonly sql: ReturnType<typeof prepareAll>;
}

const MAX_LIMIT = 2 ** 31 - 1;
/** Begins the ids of drafts that could not be read and stand in nobody's way there. No other id has a space. */
const ASIDE = 'unreadable draft ';

/**
 * A LocalStore in SQLite, for Node and Electron. In WAL mode: readers of other processes are not blocked, and a transaction
 * survives the death of the process. A power loss may take the last ones, always as a whole, but for those that put drafts:
 * these are synced to the disk first. What the server has comes again, a draft would not.
 */
export function sqliteLocalStore(options: SqliteLocalStoreOptions): LocalStore {
  let { database } = options;
  /** As named by `open`, also by one that failed: `erase` works on what cannot be read. */
  let user: UserId | undefined;
  let session: Session | undefined;
  /** The user whose data turned out unusable; the next `open` repairs. */
  let broken: UserId | undefined;
  let synchronous: 'normal' | 'full' | undefined;

  /** Runs against the open store, and sorts what the driver throws. */
  function attempt<T>(work: (open: Session) => T): T {
    if (!session) throw new Error('the local store is not open');
    const { userId } = session;
    try {
      return work(session);
    } catch (error) {
      const sorted = sortError(error);
      if (isLost(sorted)) {
        session = undefined;
        if (sorted.problem === 'corrupt') broken = userId;
      }
      throw sorted;
    }
  }

  function syncAs(mode: 'normal' | 'full'): void {
    if (mode !== synchronous) database.exec(`pragma synchronous = ${mode}`);
    synchronous = mode;
  }

  function atomically<T>(work: () => T): T {
    database.exec('begin immediate');
    try {
      const result = work();
      database.exec('commit');
      return result;
    } catch (error) {
      // SQLite ends the transaction by itself on some errors; the first error is the one to know.
      try {
        database.exec('rollback');
      } catch {}
      throw error;
    }
  }

  function connect(userId: UserId): Session {
    database.exec('pragma journal_mode = wal');
    // What is deleted is overwritten, so that `erase` leaves nothing in the file.
    database.exec('pragma secure_delete = on');
    synchronous = undefined;
    syncAs('full');
    migrateSqlite(database);
    const sql = prepareAll(database);
    return { userId, incarnation: begin(sql, userId), sql };
  }

  /** On proof of damage: drops what is here of the user but the drafts. Throws, with nothing changed, when it does not work at the moment. */
  function repair(userId: UserId): Session {
    const drafts = rescueDrafts(database);
    try {
      const opened = connect(userId);
      atomically(() => {
        eraseUser(database, userId);
        putBack(
          opened.sql,
          drafts.filter((draft) => draft.user === userId),
        );
      });
      return { ...opened, incarnation: begin(opened.sql, userId) };
    } catch (error) {
      const sorted = sortError(error);
      if (!isLost(sorted) || !options.recreate) throw sorted;
      database = options.recreate();
      const opened = connect(userId);
      atomically(() => putBack(opened.sql, drafts));
      return opened;
    }
  }

  return {
    open: async (userId) => {
      user = userId;
      session = undefined;
      try {
        session = broken === userId ? repair(userId) : connect(userId);
        broken = undefined;
      } catch (error) {
        const sorted = sortError(error);
        if (isLost(sorted)) broken = userId;
        throw sorted;
      }
    },
    close: async () => {
      user = undefined;
      session = undefined;
    },
    load: async (): Promise<LocalState> =>
      attempt((open) => {
        const { userId, sql } = open;
        const cursor = cursorOf(open);
        const rows = sql.conversations.all(userId) as { id: ConversationId; row: string }[];
        const drafts = sql.drafts.all(userId) as { id: CommandId; draft: string }[];
        return {
          cursor,
          conversations: rows.map(({ id, row }): ConversationRow => readConversation(row, id)),
          drafts: drafts.map(({ id, draft }) => readDraft(draft, id)).sort(byOrder),
        };
      }),
    events: async ({ conversationId, after, before, limit }: LocalEventsQuery) =>
      attempt((open) => {
        const { userId, sql } = open;
        cursorOf(open);
        const statement = after === undefined ? sql.eventsDown : sql.eventsUp;
        const [from, to] = [after ?? -1, before ?? Number.MAX_SAFE_INTEGER];
        const found = statement.all(userId, conversationId, from, to, Math.min(limit, MAX_LIMIT));
        return (found as { event: string }[]).map(({ event }): Event => readEvent(event, conversationId));
      }),
    transaction: async (changes: LocalChanges) =>
      attempt((open) => {
        syncAs(changes.putDrafts && changes.putDrafts.length > 0 ? 'full' : 'normal');
        const incarnation = atomically(() => {
          const current = open.incarnation ?? begin(open.sql, open.userId);
          write(open.sql, open.userId, current, changes);
          return current;
        });
        open.incarnation = incarnation;
      }),
    erase: async () => {
      if (user === undefined) throw new Error('the local store is not open');
      const userId = user;
      try {
        atomically(() => eraseUser(database, userId));
        // The log beside the file still has it until it is folded in.
        database.prepare('pragma wal_checkpoint(truncate)').all();
      } catch (error) {
        throw sortError(error);
      }
      if (broken === userId) broken = undefined;
      if (session) session.incarnation = null;
    },
    users: async () => {
      try {
        const ids = tablesOfUsers(database).map((table) => `select user_id as id from ${table}`);
        const found = database.prepare(ids.join(' union ')).all() as { id: UserId }[];
        return found.map(({ id }) => id);
      } catch (error) {
        throw sortError(error);
      }
    },
  };
}

function prepareAll(database: SqliteDatabase) {
  const events = `select event from tidemark_events
    where user_id = ? and conversation_id = ? and conversation_seq > ? and conversation_seq < ?
    order by conversation_seq`;
  const statements = {
    user: 'select incarnation, cursor from tidemark_users where user_id = ?',
    putUser: 'insert into tidemark_users (user_id, incarnation) values (?, ?) on conflict do nothing',
    setCursor: 'update tidemark_users set cursor = coalesce(?, cursor) where user_id = ? and incarnation = ?',
    conversations: 'select conversation_id as id, row from tidemark_conversations where user_id = ?',
    putConversation: 'insert or replace into tidemark_conversations (user_id, conversation_id, row) values (?, ?, ?)',
    removeConversations: 'delete from tidemark_conversations where user_id = ?',
    eventsUp: `${events} limit ?`,
    eventsDown: `${events} desc limit ?`,
    putEvent: `insert or replace into tidemark_events (user_id, conversation_id, conversation_seq, event)
      values (?, ?, ?, ?)`,
    removeEvents: 'delete from tidemark_events where user_id = ?',
    drafts: `select client_message_id as id, draft from tidemark_drafts
      where user_id = ? and client_message_id not glob '${ASIDE}*'`,
    putDraft: 'insert or replace into tidemark_drafts (user_id, client_message_id, draft) values (?, ?, ?)',
    removeDraft: 'delete from tidemark_drafts where user_id = ? and client_message_id = ?',
  };
  const prepared = Object.entries(statements).map(([name, text]) => [name, database.prepare(text)]);
  return Object.fromEntries(prepared) as { [K in keyof typeof statements]: SqliteStatement };
}

type Statements = ReturnType<typeof prepareAll>;

/** The user's incarnation; made when there is none. */
function begin(sql: Statements, userId: UserId): string {
  sql.putUser.run(userId, newIncarnation());
  return (sql.user.get(userId) as { incarnation: string }).incarnation;
}

/** Rejects when the user's data is not that of this session. */
function cursorOf({ userId, incarnation, sql }: Session): Cursor | null {
  const user = sql.user.get(userId) as { incarnation: string; cursor: Cursor | null } | undefined;
  if (incarnation !== null && user?.incarnation !== incarnation) throw evicted();
  return user?.cursor ?? null;
}

function write(sql: Statements, userId: UserId, incarnation: string, changes: LocalChanges): void {
  if (Number(sql.setCursor.run(changes.cursor ?? null, userId, incarnation).changes) === 0) {
    throw evicted();
  }
  if (changes.replace) {
    sql.removeConversations.run(userId);
    sql.removeEvents.run(userId);
  }
  for (const row of changes.conversations ?? []) {
    sql.putConversation.run(userId, row.conversationId, JSON.stringify(row));
  }
  for (const event of changes.events ?? []) {
    sql.putEvent.run(userId, event.conversationId, event.conversationSeq, JSON.stringify(event));
  }
  for (const draft of changes.putDrafts ?? []) {
    sql.putDraft.run(userId, draft.clientMessageId, JSON.stringify(draft));
  }
  for (const id of changes.removeDrafts ?? []) sql.removeDraft.run(userId, id);
}

/** Works on every version of the schema, also later ones. */
function eraseUser(database: SqliteDatabase, userId: UserId): void {
  for (const table of tablesOfUsers(database)) database.prepare(`delete from ${table} where user_id = ?`).run(userId);
}

function tablesOfUsers(database: SqliteDatabase): string[] {
  const tables = database
    .prepare(`select name from sqlite_master where type = 'table' and name glob 'tidemark_*' and name <> ?`)
    .all('tidemark_version') as { name: string }[];
  return tables.map(({ name }) => name);
}

interface StoredDraft {
  readonly user: UserId;
  readonly id: string;
  readonly draft: string;
}

/** All that can be read of the drafts, of every user: from each end up to where the file is damaged. Throws what may pass. */
function rescueDrafts(database: SqliteDatabase): StoredDraft[] {
  const found = new Map<string, StoredDraft>();
  for (const [beyond, order, end] of [
    ['>', 'asc', ''],
    ['<', 'desc', '\u{10ffff}'],
  ] as const) {
    try {
      if (!tablesOfUsers(database).includes('tidemark_drafts')) return [];
      const next = database.prepare(
        `select user_id as user, client_message_id as id, draft from tidemark_drafts
         where (user_id, client_message_id) ${beyond} (?, ?)
         order by user_id ${order}, client_message_id ${order} limit 1`,
      );
      const read = (user: string, id: string) => next.get(user, id) as StoredDraft | undefined;
      for (let at = read(end, end); at; at = read(at.user, at.id)) found.set(`${at.user} ${at.id}`, at);
      break;
    } catch (error) {
      if (!isLost(sortError(error))) throw error;
    }
  }
  return [...found.values()];
}

/** Those that cannot be read are kept aside. */
function putBack(sql: Statements, drafts: readonly StoredDraft[]): void {
  for (const { user, id, draft } of drafts) {
    const isAside = id.startsWith(ASIDE) || isReadableDraft(draft, id);
    sql.putDraft.run(user, isAside ? id : `${ASIDE}${id}`, draft);
  }
}

function evicted(): LocalStoreError {
  return new LocalStoreError('evicted', 'the data of the local store was removed');
}

function sortError(error: unknown): unknown {
  const code = sqliteCode(error);
  if (code === 'SQLITE_FULL') return new LocalStoreError('full', 'the disk is full', { cause: error });
  if (code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB') {
    return new LocalStoreError('corrupt', 'the file of the local store is damaged', { cause: error });
  }
  return error;
}
