import type { Content, ContentMap } from '../content.ts';
import type { CommandId, MessageId } from '../ids.ts';
import type { Message } from '../message.ts';
import type { EventDefinition } from './event-definition.ts';
import type { CommandHead, EventHead } from './heads.ts';

export type SendMessage = CommandHead & {
  readonly type: 'message.send';
  readonly message: Content<ContentMap>;
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
};

/** The message an event carries, in the flat shape of lists and screens. */
export function messageOf<C>(event: MessageSent<C>): Message<C> {
  return {
    messageId: event.messageId,
    clientMessageId: event.commandId as CommandId,
    conversationId: event.conversationId,
    conversationSeq: event.conversationSeq,
    senderId: event.actorId,
    at: event.at,
    ...event.message,
  };
}

export const messageSent: EventDefinition<MessageSent> = {
  message: messageOf,
  counts: true,
  bumps: true,
  kept: true,
};
