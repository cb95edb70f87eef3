import type { Conversation } from '../conversation.ts';
import type { ConversationId, ConversationSeq, UserId } from '../ids.ts';
import type { EditedContent, Message } from '../message.ts';
import type { RegisterSetting } from './registers.ts';

/**
 * What an event means to the stages, which know none by its name. What is absent is not so: an event without `joins` lets
 * nobody in, and one without `bumps` moves nothing.
 */
export interface EventDefinition<E> {
  /** The conversation that begins with it. */
  readonly creates?: (event: E) => Conversation;
  /** Who is a member from it on. */
  readonly joins?: (event: E) => readonly UserId[];
  /** Who is no member after it; they find it in their inbox as the last of the conversation. */
  readonly leaves?: (event: E) => readonly UserId[];
  /** Up to where its actor has read another conversation. */
  readonly reads?: (event: E) => ReadMark;
  /**
   * The message that it is: a row in the list of messages, and the last one in the list of conversations.
   *
   * @param edited what its register `content` holds, if it was edited
   */
  readonly message?: (event: E, edited?: EditedContent | null) => Message;
  /** The registers that it sets. */
  readonly sets?: (event: E) => readonly RegisterSetting[];
  /** Unread by everybody but its actor, until they have read up to it. */
  readonly counts?: true;
  /** Moves its conversation to the top of the list. */
  readonly bumps?: true;
  /** Stays on the device. What is not kept is folded into the rows of conversations, and would only pile up. */
  readonly kept?: true;
}

export interface ReadMark {
  readonly conversationId: ConversationId;
  readonly readSeq: ConversationSeq;
}
