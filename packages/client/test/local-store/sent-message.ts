import type { CommandId, ConversationId, Event, UserId } from '@tidemark/core';

type MessageSent = Extract<Event, { type: 'message.sent' }>;

/** Of the only sender there is; ids and time follow from the place. */
export function sentMessage(conversationId: ConversationId, place: number, text: string): MessageSent {
  return {
    type: 'message.sent',
    conversationId,
    conversationSeq: place as MessageSent['conversationSeq'],
    actorId: 'alice' as UserId,
    commandId: `c-${place}` as CommandId,
    at: place,
    messageId: `m-${place}` as MessageSent['messageId'],
    message: { type: 'text', content: { text } },
  };
}
