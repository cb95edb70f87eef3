import { messageOf } from '@tidemark/core';
import { conversationBuilder } from '@tidemark/testkit';
import { expect, test } from 'vitest';

test('a message is its event, flat', () => {
  const chat = conversationBuilder();
  const event = chat.message({ type: 'order', content: { orderId: 'o-1' } });
  expect(messageOf(event)).toEqual({
    messageId: event.messageId,
    clientMessageId: event.commandId,
    conversationId: chat.conversationId,
    conversationSeq: 2,
    senderId: event.actorId,
    at: event.at,
    type: 'order',
    content: { orderId: 'o-1' },
  });
});
