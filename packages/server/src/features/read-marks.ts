import { type MarkRead, participants, selfConversationId } from '@tidemark/core';
import type { CommandDefinition } from './command-definition.ts';
import { done, headOf, notAMember, openIfNew } from './deciding.ts';

export const markRead: CommandDefinition<MarkRead> = {
  decide: (state, command, context) => {
    const { of, readSeq, actorId } = command;
    if (command.conversationId !== selfConversationId(actorId)) throw notAMember();
    if (participants(of)?.includes(actorId) === false) throw notAMember('of');
    const { opening, current } = openIfNew(state, command, context);
    return done(state, [...opening, { type: 'read.marked', ...headOf(current, command, context), of, readSeq }]);
  },
  ledTo: (command, event) =>
    event.type === 'read.marked' &&
    event.conversationId === command.conversationId &&
    event.of === command.of &&
    event.readSeq === command.readSeq,
  intention: ({ conversationId, of, readSeq }) => [conversationId, of, readSeq],
};
