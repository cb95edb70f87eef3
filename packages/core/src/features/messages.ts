import { type Content, type ContentMap, UNKNOWN_CONTENT } from '../content.ts';
import type { CommandId, MessageId } from '../ids.ts';
import type { Mentions, Message, MessageRef, MessageTarget, Receipt, Revoked } from '../message.ts';
import type { EventDefinition, MessageRegisters } from './event-definition.ts';
import type { CommandHead, EventHead } from './heads.ts';
import { mentionsSet } from './mentions-set.ts';

export type SendMessage = CommandHead & {
  readonly type: 'message.send';
  readonly message: Content<ContentMap>;
  /** The message that it replies to; absent: none. */
  readonly replyTo?: MessageTarget | undefined;
  /** Whom it mentions; the writer keeps the members among them. Absent: nobody. */
  readonly mentions?: Mentions | undefined;
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
  /** Absent: nobody. */
  readonly mentions?: Mentions | undefined;
};

/** What is left of a `message.sent` once the message is revoked: it keeps its place, and does not count. */
export type MessageErased = EventHead & { readonly type: 'message.erased'; readonly messageId: MessageId };

/**
 * The message an event carries, in the flat shape of lists and screens.
 *
 * @param registers what is set of it
 */
export function messageOf<C>(event: MessageSent<C>, { content }: MessageRegisters<C> = {}): Message<C> {
  const edited = content && { ...content.message, edited: { version: content.version, at: content.at } };
  const { replyTo } = event;
  const { mentions } = content ?? event;
  return {
    ...headOf(event),
    ...(replyTo && { replyTo }),
    ...(mentions && { mentions }),
    ...(edited ?? event.message),
  };
}

/** What is shown of a message that was revoked. */
export function tombstone(message: Receipt, revoked: Revoked): Message {
  const { messageId, clientMessageId, conversationId, conversationSeq, senderId, at } = message;
  const head = { messageId, clientMessageId, conversationId, conversationSeq, senderId, at };
  return { ...head, type: UNKNOWN_CONTENT, content: { type: 'revoked', content: {} }, revoked };
}

function headOf(event: Omit<MessageErased, 'type'>): Receipt {
  return {
    messageId: event.messageId,
    clientMessageId: event.commandId as CommandId,
    conversationId: event.conversationId,
    conversationSeq: event.conversationSeq,
    senderId: event.actorId,
    at: event.at,
  };
}

export const messageSent: EventDefinition<MessageSent> = {
  message: messageOf,
  sets: ({ conversationSeq, mentions }) => mentionsSet(conversationSeq, mentions),
  content: ({ message, replyTo: _, mentions: __, ...rest }) => ({
    of: rest.conversationSeq,
    message,
    without: { ...rest, type: 'message.erased' },
  }),
  counts: true,
  bumps: true,
  kept: true,
};

export const messageErased: EventDefinition<MessageErased> = {
  // In a feed it comes before the event that tells by whom.
  message: (event, { revoked } = {}) => tombstone(headOf(event), revoked ?? { by: event.actorId, at: event.at }),
  kept: true,
};
