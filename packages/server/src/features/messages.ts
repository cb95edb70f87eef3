import type { MessageSent, SendMessage } from '@tidemark/core';
import type { CommandDefinition } from './command-definition.ts';
import { done, headOf, openIfNew } from './deciding.ts';
import { mentioned } from './mentions.ts';
import { repliedTo, repliesToTheSame } from './replies.ts';

export const sendMessage: CommandDefinition<SendMessage> = {
  subjects: ({ replyTo }) => (replyTo ? { targets: [replyTo] } : {}),
  decide: (state, command, context) => {
    const { opening, current } = openIfNew(state, command, context);
    const event: MessageSent = {
      type: 'message.sent',
      ...headOf(current, command, context),
      messageId: context.ids.messageId(context.now),
      message: command.message,
      ...repliedTo(current, command, context),
      ...mentioned(current, command, context),
    };
    return done(state, [...opening, event]);
  },
  ledTo: (command, event) =>
    event.conversationId === command.conversationId &&
    (event.type === 'message.erased' || (event.type === 'message.sent' && repliesToTheSame(command, event))),
  intention: ({ conversationId, replyTo }) => (replyTo ? [conversationId, replyTo] : [conversationId]),
  isResult: (command, remembered) =>
    !command.replyTo && remembered.messageId !== null && remembered.conversationId === command.conversationId,
  addedFields: ['replyTo', 'mentions'],
  content: ({ message }) => message,
  idField: 'clientMessageId',
};
