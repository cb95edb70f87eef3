import { type ContentMap, type ConversationId, type ConversationKind, peerOf, type UserId } from '@tidemark/core';
import type { ConversationRow } from '../local-store/conversation-row.ts';
import type { Reader, ReceivedMessage } from '../received.ts';
import { createView } from './view.ts';

/** A conversation in the list. The same object until something of it changes. */
export interface ConversationItem<C> {
  readonly conversationId: ConversationId;
  readonly kind: ConversationKind;
  readonly title: string | null;
  /** The other user of a direct conversation. */
  readonly peer: UserId | null;
  readonly lastMessage: ReceivedMessage<C> | null;
  /** Messages above the read mark whose sender is someone else. */
  readonly unread: number;
  readonly readSeq: number;
  /** conversationSeq of the newest event known. */
  readonly head: number;
  /** When the newest message was sent, or the conversation was created; ms since 1970. */
  readonly activeAt: number;
}

type Rows = ReadonlyMap<ConversationId, ConversationRow>;
type Item = ConversationItem<ContentMap>;

/** The list and the total of unread messages, computed when they are looked at. */
export function createConversationsView(rows: () => Rows, userId: UserId, reader: Reader) {
  const items = new WeakMap<ConversationRow, Item>();

  function item(row: ConversationRow): Item {
    let made = items.get(row);
    if (!made) {
      made = itemOf(row, userId, reader);
      items.set(row, made);
    }
    return made;
  }
  const list = createView((previous: readonly Item[] | undefined) => {
    const next = [...rows().values()].filter(isListed).sort(newestFirst).map(item);
    const isSame = previous?.length === next.length && previous.every((each, index) => each === next[index]);
    return isSame ? previous : next;
  });
  const unread = createView<number>(() => {
    let total = 0;
    for (const row of rows().values()) if (isListed(row)) total += row.unread;
    return total;
  });
  /** One line of the list, also while it isn't listed: `null` until anything is known of the conversation. */
  function itemView(conversationId: ConversationId) {
    return createView<Item | null>(() => {
      const row = rows().get(conversationId);
      return row ? item(row) : null;
    });
  }
  return { list, unread, itemView };
}

/** The conversation of the user alone also carries read marks; it is a conversation once there is a message in it. */
function isListed(row: ConversationRow): boolean {
  return row.member && row.stale !== 'unknown' && (row.kind !== 'self' || row.lastMessage !== null);
}

function newestFirst(a: ConversationRow, b: ConversationRow): number {
  return b.activeAt - a.activeAt || (a.conversationId < b.conversationId ? 1 : -1);
}

function itemOf(row: ConversationRow, userId: UserId, reader: Reader): Item {
  const { conversationId, kind, title, unread, readSeq, head, activeAt } = row;
  return {
    conversationId,
    kind,
    title,
    peer: peerOf(conversationId, userId) ?? null,
    lastMessage: row.lastMessage && reader.message(row.lastMessage),
    unread,
    readSeq,
    head,
    activeAt,
  };
}
