import { directConversationId } from '@tidemark/core';

/** What a bot calls: `appRouter.createCaller({ user: { id: 'shop' } }).chat`, in any process that has the router. */
export interface BotCalls {
  send(message: {
    conversationId: string;
    clientMessageId: string;
    type: 'text';
    content: { text: string };
  }): Promise<{ conversationSeq: number }>;
}

/**
 * A message by a program. The id is made of what it is about, so a job that runs twice, or on two machines, has sent it once.
 *
 * @param botId the user id that the caller's context carries
 */
export async function tellShipped(bot: BotCalls, botId: string, order: { id: string; customer: string }) {
  return bot.send({
    conversationId: directConversationId(botId, order.customer),
    clientMessageId: `shipped-${order.id}`,
    type: 'text',
    content: { text: `Your order ${order.id} is on its way.` },
  });
}
