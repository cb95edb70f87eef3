import type { MessageSent, SendMessage } from '@tidemark/core';
import type { CommandDefinition } from './command-definition.ts';
import { done, headOf, openIfNew } from './deciding.ts';

export const sendMessage: CommandDefinition<SendMessage> = {
  decide: (state, command, context) => {
    const { opening, current } = openIfNew(state, command, context);
    const event: MessageSent = {
      type: 'message.sent',
      ...headOf(current, command, context),
      messageId: context.ids.messageId(context.now),
      message: command.message,
    };
    return done(state, [...opening, event]);
  },
  ledTo: (command, event) => event.type === 'message.sent' && event.conversationId === command.conversationId,
  intention: ({ conversationId }) => [conversationId],
  isResult: (command, remembered) =>
    remembered.messageId !== null && remembered.conversationId === command.conversationId,
  content: ({ message }) => message,
  idField: 'clientMessageId',
};
