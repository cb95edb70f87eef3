import type { ContentMap } from './content.ts';
import { type ConversationId, type ConversationSeq, participants, type UserId } from './ids.ts';
import type { Message } from './message.ts';

/** `direct` two users · `group` any number · `self` one user alone. */
export type ConversationKind = 'direct' | 'group' | 'self';

/** What kind of conversation it is, which its id says. */
export function kindOf(conversationId: string): ConversationKind {
  const users = participants(conversationId);
  if (users === undefined) return 'group';
  return users.length === 1 ? 'self' : 'direct';
}

export interface Conversation {
  readonly conversationId: ConversationId;
  readonly kind: ConversationKind;
  /** Groups only; `null` when none was given. 1–200 characters. */
  readonly title: string | null;
  readonly createdBy: UserId;
  /** Milliseconds since 1970, by the clock of the writer. */
  readonly createdAt: number;
}

/**
 * One stay of a user in a conversation. The user is a recipient of exactly the events with
 * joinedSeq ≤ conversationSeq ≤ leftSeq: both the event that let them in and the one that took them out included.
 */
export interface Membership {
  readonly conversationId: ConversationId;
  readonly userId: UserId;
  readonly joinedSeq: ConversationSeq;
  /** `null` while the user is a member. */
  readonly leftSeq: ConversationSeq | null;
}

/** Which messages of the conversation its user is notified of. */
export type Notify = 'all' | 'mentions' | 'none';

/** How one member sees a conversation, on all their devices: nobody else learns of it. */
export interface ConversationSettings {
  /** Stands above the others in the list. */
  readonly pinned: boolean;
  /** Until when it makes no sound, in ms since 1970; `null`: it does. */
  readonly mutedUntil: number | null;
  readonly notify: Notify;
  /** Stands in the archive instead of the list. */
  readonly archived: boolean;
  /** Not listed until a message comes that is later than this conversationSeq; `null`: listed. */
  readonly hiddenUntilNews: number | null;
  /** To be read again, whatever is unread. The next read mark of the conversation takes it back. */
  readonly markedUnread: boolean;
  /** A name or note of the user's own: 1–200 characters. */
  readonly remark: string | null;
}

/** A conversation as one of its members sees it in a list. */
export interface ConversationSummary<C = ContentMap> extends Conversation {
  /** conversationSeq of the newest event. */
  readonly head: ConversationSeq;
  /** The user's own joinedSeq; nothing before it is visible to them. */
  readonly joinedSeq: ConversationSeq;
  /** conversationSeq up to which the user has read; 0 when nothing. */
  readonly readSeq: number;
  /**
   * Messages with conversationSeq above readSeq (and not before joinedSeq) whose sender is someone else, but for revoked ones. The server counts
   * to `limits.unread` (1,000 unless set): that number or a higher one means "that many or more", shown as 999+.
   */
  readonly unread: number;
  /** Those of them that mention the user. Counted to `limits.unread`, as `unread` is. */
  readonly unreadMentions: number;
  readonly lastMessage: Message<C> | null;
  /** When the newest message was sent, or the conversation was created: what lists are sorted by, newest first. */
  readonly activeAt: number;
  readonly settings: ConversationSettings;
  /**
   * Place in the log of the user's own conversation of the last event that `settings` know of; 0: none has set any. An earlier one says
   * nothing new.
   */
  readonly ownSeq: number;
}
