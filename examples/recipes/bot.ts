import { directConversationId } from '@tidemark/core';
import type { Messaging } from '@tidemark/server';

/** What a bot calls: the messaging of any process that has one. */
type Bot = Pick<Messaging<{ text: { text: string } }, { text: { text: string } }>, 'send'>;

/** A message by a program. The id is made of what it is about, so a job that runs twice, or on two machines, has sent it once. */
export async function tellShipped(bot: Bot, botId: string, order: { id: string; customer: string }) {
  return bot.send({
    as: botId,
    conversationId: directConversationId(botId, order.customer),
    clientMessageId: `shipped-${order.id}`,
    type: 'text',
    content: { text: `Your order ${order.id} is on its way.` },
  });
}
