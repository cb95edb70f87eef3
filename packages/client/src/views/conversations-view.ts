import {
  type ContentMap,
  type ConversationId,
  type ConversationKind,
  type ConversationSettings,
  peerOf,
  type UserId,
} from '@tidemark/core';
import { type ConversationRow, isKnown } from '../local-store/conversation-row.ts';
import type { LocalChanges } from '../local-store/local-store.ts';
import type { Reader, ReceivedMessage } from '../received.ts';
import { createOrderedItems } from './ordered-items.ts';
import { createListeners, createView, type Listeners, type View } from './view.ts';

/** A conversation in the list. The same object until something of it changes. */
export interface ConversationItem<C> {
  readonly conversationId: ConversationId;
  readonly kind: ConversationKind;
  readonly title: string | null;
  /** Of a group: who may remove its members, and messages of others. */
  readonly createdBy: UserId;
  /** The other user of a direct conversation. */
  readonly peer: UserId | null;
  readonly lastMessage: ReceivedMessage<C> | null;
  /** Messages above the read mark whose sender is someone else. */
  readonly unread: number;
  /** Those of them that mention the user. */
  readonly unreadMentions: number;
  readonly readSeq: number;
  /** conversationSeq of the newest event known. */
  readonly head: number;
  /** When the newest message was sent, or the conversation was created; ms since 1970. */
  readonly activeAt: number;
  /** How the user sees it, with what is not stored yet. The list has what is pinned first, and what is archived too. */
  readonly settings: ConversationSettings;
}

type Item = ConversationItem<ContentMap>;

/** A conversation that is known: its row, what is shown of it, and whether the list has it. */
interface Known {
  readonly row: ConversationRow;
  readonly item: Item;
  readonly listed: boolean;
}

export interface ConversationsView {
  readonly list: View<readonly Item[]>;
  /** Unread messages over the list. */
  readonly unread: View<number>;
  /**
   * One line of the list, also while it isn't listed: `null` until the conversation is known, and not only messages of it,
   * so that what is unread is right from the first.
   */
  itemView(conversationId: ConversationId): View<Item | null>;
  /** Begins anew with these rows. */
  reset(rows: Iterable<ConversationRow>): void;
  /** Something that waits to be set of it has changed. */
  change(conversationId: ConversationId): void;
  /** Takes in a committed change; what it costs depends on the change, not on the length of the list. */
  update(changes: LocalChanges): void;
}

/** More changed rows than this share of the list are sorted in at once. */
const MANY = 1 / 16;

/** @param settingsOf how the user sees the conversation of a row, with what waits to be set */
export function createConversationsView(
  userId: UserId,
  reader: Reader,
  settingsOf: (row: ConversationRow) => ConversationSettings,
): ConversationsView {
  const known = new Map<ConversationId, Known>();
  const ordered = createOrderedItems(newestFirst);
  const itemListeners = new Map<ConversationId, Listeners>();
  let total = 0;
  const list = createView(() => ordered.snapshot());
  const unread = createView(() => total);

  function know(row: ConversationRow, before: Known | undefined): Known {
    const item = itemOf(row, before);
    const made: Known = { row, item, listed: isListed(row, item.settings) };
    known.set(row.conversationId, made);
    return made;
  }

  function itemOf(row: ConversationRow, before: Known | undefined): Item {
    const { conversationId, kind, title, createdBy, readSeq, head, activeAt } = row;
    const settings = settingsOf(row);
    const isSameMessage = before !== undefined && before.row.lastMessage === row.lastMessage;
    const item: Item = {
      conversationId,
      kind,
      title,
      createdBy,
      peer: before ? before.item.peer : (peerOf(conversationId, userId) ?? null),
      lastMessage: isSameMessage ? before.item.lastMessage : row.lastMessage && reader.message(row.lastMessage),
      unread: row.unread,
      unreadMentions: row.unreadMentions,
      readSeq,
      head,
      activeAt,
      settings: before && isSame(before.item.settings, settings) ? before.item.settings : settings,
    };
    return before && isSame(before.item, item) ? before.item : item;
  }

  /** @param isAll the others are gone */
  function takeIn(rows: Iterable<ConversationRow>, isSorted: boolean, isAll = false): void {
    const unreadBefore = total;
    const gone = isAll ? new Set(known.keys()) : new Set<ConversationId>();
    const changed = new Set<ConversationId>();
    let isListChanged = isAll;

    function change(conversationId: ConversationId, before: Known | undefined, after: Known | undefined): void {
      changed.add(conversationId);
      const [out, into] = [before, after].map((each) => (each?.listed ? each.item : undefined));
      if (!out && !into) return;
      isListChanged = true;
      total += (into?.unread ?? 0) - (out?.unread ?? 0);
      if (isSorted) ordered.replace(out, into);
    }

    for (const row of rows) {
      const { conversationId } = row;
      gone.delete(conversationId);
      const before = known.get(conversationId);
      const after = know(row, before);
      if (before?.item !== after.item || before.listed !== after.listed) change(conversationId, before, after);
    }
    for (const conversationId of gone) {
      change(conversationId, known.get(conversationId), undefined);
      known.delete(conversationId);
    }
    if (!isSorted) ordered.reset([...known.values()].filter(({ listed }) => listed).map(({ item }) => item));
    if (isListChanged) list.change();
    if (total !== unreadBefore) unread.change();
    for (const conversationId of changed) itemListeners.get(conversationId)?.notify();
  }

  function reset(rows: Iterable<ConversationRow>): void {
    takeIn(rows, false, true);
  }

  function update({ replace, conversations = [] }: LocalChanges): void {
    if (replace) reset(conversations);
    else takeIn(conversations, conversations.length <= Math.max(64, known.size * MANY));
  }

  return {
    list,
    unread,
    itemView: (conversationId) => ({
      getSnapshot: () => {
        const one = known.get(conversationId);
        return one && isKnown(one.row) ? one.item : null;
      },
      subscribe: (listener) => {
        const listeners = itemListeners.get(conversationId) ?? createListeners();
        itemListeners.set(conversationId, listeners);
        const remove = listeners.add(listener);
        return () => {
          remove();
          if (listeners.size === 0 && itemListeners.get(conversationId) === listeners)
            itemListeners.delete(conversationId);
        };
      },
    }),
    reset,
    change: (conversationId) => {
      const before = known.get(conversationId);
      if (before) takeIn([before.row], true);
    },
    update,
  };
}

/** The conversation of the user alone also carries read marks; it is a conversation once there is a message in it. */
function isListed(row: ConversationRow, { hiddenUntilNews }: ConversationSettings): boolean {
  const { member, stale, kind, lastMessage } = row;
  if (hiddenUntilNews !== null && (lastMessage?.conversationSeq ?? 0) <= hiddenUntilNews) return false;
  return member && stale !== 'unknown' && (kind !== 'self' || lastMessage !== null);
}

function newestFirst(a: Item, b: Item): number {
  if (a.settings.pinned !== b.settings.pinned) return a.settings.pinned ? -1 : 1;
  if (a.activeAt !== b.activeAt) return b.activeAt - a.activeAt;
  if (a.conversationId === b.conversationId) return 0;
  return a.conversationId < b.conversationId ? 1 : -1;
}

function isSame<T extends object>(a: T, b: T): boolean {
  return (Object.keys(b) as (keyof T)[]).every((field) => a[field] === b[field]);
}
