import type { Content, ContentMap } from '../content.ts';
import type { CommandId, MessageId } from '../ids.ts';
import type { EditedContent, Message, MessageRef, MessageTarget } from '../message.ts';
import type { EventDefinition } from './event-definition.ts';
import type { CommandHead, EventHead } from './heads.ts';

export type SendMessage = CommandHead & {
  readonly type: 'message.send';
  readonly message: Content<ContentMap>;
  /** The message that it replies to; absent: none. */
  readonly replyTo?: MessageTarget | undefined;
  /**
   * How many times the sender has taken the message up again after it was refused for good; absent: 0. What was refused
   * stays refused for every copy of the same intention, and a later one is decided anew.
   */
  readonly retry?: number | undefined;
};

/** A message was sent. Its clientMessageId is the event's commandId, its sender the actor. */
export type MessageSent<C = ContentMap> = EventHead & {
  readonly type: 'message.sent';
  readonly messageId: MessageId;
  readonly message: Content<C>;
  /** The earlier message that it replies to, which everybody sees as it is when they look. */
  readonly replyTo?: MessageRef | undefined;
};

/**
 * The message an event carries, in the flat shape of lists and screens.
 *
 * @param edited what its register `content` holds, if it was edited
 */
export function messageOf<C>(event: MessageSent<C>, edited?: EditedContent<C> | null): Message<C> {
  return {
    messageId: event.messageId,
    clientMessageId: event.commandId as CommandId,
    conversationId: event.conversationId,
    conversationSeq: event.conversationSeq,
    senderId: event.actorId,
    at: event.at,
    ...(event.replyTo && { replyTo: event.replyTo }),
    ...(edited ? { ...edited.message, edited: { version: edited.version, at: edited.at } } : event.message),
  };
}

export const messageSent: EventDefinition<MessageSent> = {
  message: messageOf,
  counts: true,
  bumps: true,
  kept: true,
};
