import type { CommandId, ConversationId, Event } from '@tidemark/core';
import type { ConversationRow } from './conversation-row.ts';
import { mergeChunk, pick } from './event-chunks.ts';
import type { Draft, LocalChanges, LocalEventsQuery, LocalState } from './local-store.ts';
import { byOrder } from './stored-json.ts';

/**
 * Changes that are in no store yet, as the one transaction that will bring them there: what came later stands over what came
 * before. Nothing is written past them, so the cursor in the store stands for what is there. Over a store that holds nothing they
 * are a store themselves, `memoryLocalStore`.
 */
export interface UnsavedChanges {
  /** Conversations, events and drafts in it. */
  readonly size: number;
  readonly isEmpty: boolean;
  /** Rows, events or a cursor are among them. */
  readonly hasRows: boolean;
  add(changes: LocalChanges): void;
  asOne(): LocalChanges;
  clear(): void;
  /** Drafts stay. */
  dropRows(): void;
  /** Drafts that another tab has done with. */
  dropDrafts(ids: readonly CommandId[]): void;
  /** What a store holds, as it will be. */
  over(state: LocalState): LocalState;
  overEvents(stored: readonly Event[], query: LocalEventsQuery): Event[];
}

export function createUnsavedChanges(): UnsavedChanges {
  let rows = emptyRows();
  const puts = new Map<CommandId, Draft>();
  const removals = new Set<CommandId>();

  const unsaved: UnsavedChanges = {
    get size() {
      let events = 0;
      for (const log of rows.events.values()) events += log.size;
      return rows.conversations.size + events + puts.size + removals.size;
    },
    get isEmpty() {
      return unsaved.size === 0 && !unsaved.hasRows;
    },
    get hasRows() {
      return rows.replace || rows.cursor !== undefined || rows.conversations.size + rows.events.size > 0;
    },
    add: ({ replace, conversations = [], events = [], putDrafts = [], removeDrafts = [], cursor }) => {
      // All is read before anything is kept: when a value is not what it should be, nothing was changed.
      const newRows = conversations.map((row) => [row.conversationId, row] as const);
      const newEvents = events.map((event) => [event.conversationId, event.conversationSeq, event] as const);
      const newDrafts = putDrafts.map((draft) => [draft.clientMessageId, draft] as const);
      if (replace) rows = { ...emptyRows(), replace, cursor: rows.cursor };
      for (const [id, row] of newRows) rows.conversations.set(id, row);
      for (const [id, seq, event] of newEvents) {
        const log = rows.events.get(id) ?? new Map<number, Event>();
        rows.events.set(id, log.set(seq, event));
      }
      for (const [id, draft] of newDrafts) {
        puts.set(id, draft);
        removals.delete(id);
      }
      for (const id of removeDrafts) {
        puts.delete(id);
        removals.add(id);
      }
      rows.cursor = cursor ?? rows.cursor;
    },
    asOne: () => ({
      replace: rows.replace,
      ...(rows.cursor !== undefined && { cursor: rows.cursor }),
      conversations: [...rows.conversations.values()],
      events: [...rows.events.values()].flatMap((log) => [...log.values()]),
      putDrafts: [...puts.values()],
      removeDrafts: [...removals],
    }),
    clear: () => {
      rows = emptyRows();
      puts.clear();
      removals.clear();
    },
    dropRows: () => {
      rows = emptyRows();
    },
    dropDrafts: (ids) => {
      for (const id of ids) puts.delete(id);
    },
    over: (state) => {
      const stored = rows.replace ? [] : state.conversations;
      const conversations = new Map(stored.map((row) => [row.conversationId, row]));
      for (const [id, row] of rows.conversations) conversations.set(id, row);
      const drafts = state.drafts.filter(({ clientMessageId: id }) => !removals.has(id) && !puts.has(id));
      return {
        cursor: rows.cursor ?? state.cursor,
        conversations: [...conversations.values()],
        drafts: [...drafts, ...puts.values()].sort(byOrder),
      };
    },
    overEvents: (stored, query) => {
      const own = rows.events.get(query.conversationId)?.values() ?? [];
      return pick(mergeChunk(rows.replace ? [] : stored, [...own]), query);
    },
  };
  return unsaved;
}

function emptyRows() {
  return {
    replace: false,
    conversations: new Map<ConversationId, ConversationRow>(),
    events: new Map<ConversationId, Map<number, Event>>(),
    cursor: undefined as LocalChanges['cursor'],
  };
}
