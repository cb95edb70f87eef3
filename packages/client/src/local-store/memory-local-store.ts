import type { CommandId, ConversationId, Cursor, Event, UserId } from '@tidemark/core';
import type { ConversationRow } from './conversation-row.ts';
import type { Draft, LocalChanges, LocalEventsQuery, LocalState, LocalStore } from './local-store.ts';
import { byOrder } from './stored-json.ts';

/** One user's data. */
interface Space {
  cursor: Cursor | null;
  conversations: Map<ConversationId, ConversationRow>;
  events: Map<ConversationId, Map<number, Event>>;
  drafts: Map<CommandId, Draft>;
}

function emptySpace(): Space {
  return { cursor: null, conversations: new Map(), events: new Map(), drafts: new Map() };
}

/**
 * A LocalStore in memory: survives `close`, not the process. It keeps everything that was loaded, so its size grows with
 * what the user has seen; `erase` frees it.
 */
export function memoryLocalStore(): LocalStore {
  const spaces = new Map<UserId, Space>();
  let user: UserId | undefined;

  function space(): Space {
    const own = user === undefined ? undefined : spaces.get(user);
    if (!own) throw new Error('the local store is not open');
    return own;
  }

  return {
    open: async (userId) => {
      user = userId;
      if (!spaces.has(userId)) spaces.set(userId, emptySpace());
    },
    close: async () => {
      user = undefined;
    },
    load: async (): Promise<LocalState> => {
      const { cursor, conversations, drafts } = space();
      return {
        cursor,
        conversations: [...conversations.values()],
        drafts: [...drafts.values()].sort(byOrder),
      };
    },
    events: async ({ conversationId, after, before, limit }: LocalEventsQuery) => {
      const events = [...(space().events.get(conversationId)?.values() ?? [])];
      const ascending = after !== undefined;
      return events
        .filter((event) => event.conversationSeq > (after ?? 0) && event.conversationSeq < (before ?? Infinity))
        .sort((a, b) => (ascending ? a.conversationSeq - b.conversationSeq : b.conversationSeq - a.conversationSeq))
        .slice(0, limit);
    },
    transaction: async (changes: LocalChanges) => {
      const own = space();
      // All is read before anything is written: when a value is not what it should be, nothing was changed.
      const rows = (changes.conversations ?? []).map((row) => [row.conversationId, row] as const);
      const events = (changes.events ?? []).map(
        (event) => [event.conversationId, event.conversationSeq, event] as const,
      );
      const drafts = (changes.putDrafts ?? []).map((draft) => [draft.clientMessageId, draft] as const);
      if (changes.replace) {
        own.conversations.clear();
        own.events.clear();
      }
      for (const [conversationId, row] of rows) own.conversations.set(conversationId, row);
      for (const [conversationId, seq, event] of events) {
        const log = own.events.get(conversationId) ?? new Map<number, Event>();
        own.events.set(conversationId, log.set(seq, event));
      }
      for (const [id, draft] of drafts) own.drafts.set(id, draft);
      for (const id of changes.removeDrafts ?? []) own.drafts.delete(id);
      if (changes.cursor !== undefined) own.cursor = changes.cursor;
    },
    erase: async () => {
      if (user !== undefined) spaces.set(user, emptySpace());
    },
  };
}
