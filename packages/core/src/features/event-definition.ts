import type { Content, ContentMap } from '../content.ts';
import type { Conversation } from '../conversation.ts';
import type { ConversationId, ConversationSeq, UserId } from '../ids.ts';
import type { Message } from '../message.ts';
import type { EventHead } from './heads.ts';
import type { RegisterSetting, RegisterValues } from './registers.ts';

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
   * @param registers what is set of it
   */
  readonly message?: (event: E, registers?: MessageRegisters) => Message;
  /** The content of a message that it carries. */
  readonly content?: (event: E) => CarriedContent;
  /**
   * The messages, by conversationSeq, whose content is erased wherever it stands, and with it every register of them. What it sets of
   * them itself stays.
   */
  readonly erases?: (event: E) => readonly ConversationSeq[];
  /** The registers that it sets. */
  readonly sets?: (event: E) => readonly RegisterSetting[];
  /** Unread by everybody but its actor, until they have read up to it. */
  readonly counts?: true;
  /** Moves its conversation to the top of the list. */
  readonly bumps?: true;
  /** Stays on the device. What is not kept is folded into the rows of conversations, and would only pile up. */
  readonly kept?: true;
}

export interface CarriedContent {
  /** conversationSeq of the message. */
  readonly of: ConversationSeq;
  readonly message: Content<ContentMap>;
  /** What is left of the event once the content is erased. */
  readonly without: EventHead & { readonly type: string };
}

/** The registers by which a message differs from how it was sent. Both are never set. */
export type MessageRegisters<C = ContentMap> = {
  readonly [N in 'content' | 'revoked']?: RegisterValues<C>[N] | null | undefined;
};

export interface ReadMark {
  readonly conversationId: ConversationId;
  readonly readSeq: ConversationSeq;
}
