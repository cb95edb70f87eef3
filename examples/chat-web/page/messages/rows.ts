import type { MessageItem } from '@tidemark/client';
import type { Kinds, KindsIn } from '../account/session.ts';
import { dayName, isSameDay } from '../ui/time.ts';

export type Item = MessageItem<KindsIn, Kinds>;

/** One message with what stands above it: a day, the line where the unread begin, the name of who begins to speak. */
export interface Row {
  readonly key: string;
  readonly item: Item;
  readonly isOwn: boolean;
  readonly day: string | null;
  readonly beginsUnread: boolean;
  readonly isFirstOfGroup: boolean;
  readonly isLastOfGroup: boolean;
}

/** A pause as long as this begins another group. */
const PAUSE_MS = 5 * 60_000;

/**
 * @param unreadAfter conversationSeq of the last message that was read, while the line is shown
 * @param hasOlder older messages are not among the items: the first unread one may be among those
 */
export function rowsOf(
  items: readonly Item[],
  userId: string,
  unreadAfter: number | null,
  hasOlder: boolean,
  now: number,
): Row[] {
  const found = unreadAfter === null ? -1 : items.findIndex((item) => isUnread(item, userId, unreadAfter));
  const unread = found === 0 && hasOlder ? -1 : found;
  const begins = items.map((item, index) => {
    const before = items[index - 1];
    if (!before || index === unread) return true;
    return before.senderId !== item.senderId || item.at - before.at > PAUSE_MS || !isSameDay(before.at, item.at);
  });
  return items.map((item, index) => {
    const before = items[index - 1];
    return {
      key: item.key,
      item,
      isOwn: item.senderId === userId,
      day: !before || !isSameDay(before.at, item.at) ? dayName(item.at, now) : null,
      beginsUnread: index === unread,
      isFirstOfGroup: begins[index] === true,
      isLastOfGroup: index === items.length - 1 || begins[index + 1] === true,
    };
  });
}

function isUnread(item: Item, userId: string, after: number): boolean {
  return item.status === 'stored' && item.conversationSeq > after && item.senderId !== userId;
}

/** As long as the server takes edits; see `limits.editWindowMs`. */
const EDIT_WINDOW_MS = 24 * 60 * 60_000;

/** Whether its author may still give it another text. */
export function canEdit({ item, isOwn }: Pick<Row, 'item' | 'isOwn'>): boolean {
  return isOwn && item.type === 'text' && item.status !== 'failed' && Date.now() - item.at < EDIT_WINDOW_MS;
}

/** As many as the server takes of one user; see `limits.reactionsPerUser`. */
const MAX_OWN_REACTIONS = 3;

/** Whether a user with these reactions to a message may switch that one. */
export function canSwitch(reactions: Item['reactions'], key: string): boolean {
  const own = reactions.filter(({ mine }) => mine);
  return own.length < MAX_OWN_REACTIONS || own.some((each) => each.key === key);
}
