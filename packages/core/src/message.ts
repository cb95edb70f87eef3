import type { Content, ContentMap, UnknownContent } from './content.ts';
import type { CommandId, ConversationId, ConversationSeq, MessageId, UserId } from './ids.ts';

interface MessageHead {
  readonly messageId: MessageId;
  /** The id the sender's device gave it; with senderId it identifies the message before there is a messageId. */
  readonly clientMessageId: CommandId;
  readonly conversationId: ConversationId;
  readonly conversationSeq: ConversationSeq;
  readonly senderId: UserId;
  /** Milliseconds since 1970, by the clock of the writer; never decreases within a conversation. */
  readonly at: number;
}

/**
 * A stored message as it is now; narrow on `type` to get at the typed `content`. One that was revoked is of type `unknown`, like a
 * message of a kind that a client does not know.
 */
export type Message<C = ContentMap> = MessageHead & (Content<C> | UnknownContent) & MessageMarks;

interface MessageMarks {
  /** Whom it mentions; absent: nobody. */
  readonly mentions?: Mentions | undefined;
  readonly edited?: Edited | undefined;
  readonly replyTo?: MessageRef | undefined;
  /** The message is a tombstone: nothing is left of its content, nor of what was said of it. */
  readonly revoked?: Revoked | undefined;
}

/** Whom a message mentions, as its author named them: nothing is read from its content. */
export interface Mentions {
  /** Members when it was sent or edited. At most `limits.mentions`. */
  readonly users: readonly UserId[];
  /** All members. */
  readonly all?: boolean | undefined;
  /** All members, of whom those are to be alerted who are there. It counts as `all` does. */
  readonly here?: boolean | undefined;
}

/** A message of the same conversation, by its place. */
export interface MessageRef {
  readonly seq: ConversationSeq;
}

/** A message that others reply to, as it is now. */
export interface Quote<C = ContentMap> {
  readonly conversationSeq: ConversationSeq;
  readonly senderId: UserId;
  readonly clientMessageId: CommandId;
  /** When it was sent, in ms since 1970. */
  readonly at: number;
  /** `null`: it is larger than quotes are (`limits.quoteBytes`), or was revoked. */
  readonly message: Content<C> | null;
  /** Absent also where an edit made it larger. */
  readonly edited?: Edited | undefined;
  /** Nothing is left of it. */
  readonly revoked?: Revoked | undefined;
}

/** That a message was revoked: the value of its register `revoked`. */
export interface Revoked {
  /** Its author, or who may revoke the messages of others. */
  readonly by: UserId;
  /** ms since 1970. */
  readonly at: number;
  /** As whoever revoked it gave it. */
  readonly reason?: string | undefined;
}

/** That a message was edited since it was sent. */
export interface Edited {
  /** Of its content: 2 after the first edit. */
  readonly version: number;
  /** When it was edited last, in ms since 1970. */
  readonly at: number;
}

/** What a message says since its last edit: the value of its register `content`. */
export interface EditedContent<C = ContentMap> extends Edited {
  readonly message: Content<C>;
  /** Whom it mentions since then; absent: nobody. */
  readonly mentions?: Mentions | undefined;
}

/** How many users have reacted to a message with one key: the value of its register `reactions`. */
export interface ReactionCount {
  readonly count: number;
  /** Who did so last, the last first; at most {@link NEWEST_REACTORS}. */
  readonly newest: readonly UserId[];
  /** conversationSeq of the event with which the count left 0: the order in which a message's reactions are shown. */
  readonly since: ConversationSeq;
}

/** Users whom a count of reactions names. */
export const NEWEST_REACTORS = 3;

/** A message is pinned in its conversation, for all members. */
export interface Pin {
  /** conversationSeq of the message. */
  readonly seq: ConversationSeq;
  /** Who pinned it. */
  readonly by: UserId;
}

/** Which message of a conversation a command means: by its place, or before that is known by the id its sender gave it. */
export type MessageTarget = MessageRef | { readonly senderId: UserId; readonly clientMessageId: CommandId };

/**
 * Proof that a message is stored: it and every member's inbox entry are committed in the durable store.
 * Sending the same (sender, clientMessageId) again returns the same receipt.
 */
export type Receipt = MessageHead;
