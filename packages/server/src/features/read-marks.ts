import { type EventRef, type MarkRead, participants, selfConversationId, TidemarkError } from '@tidemark/core';
import type { CommandDefinition } from './command-definition.ts';
import { done, headOf, notAMember, openIfNew } from './deciding.ts';

export const markRead: CommandDefinition<MarkRead> = {
  subjects: (command) => ({ places: [placeOf(command)] }),
  decide: (state, command, context) => {
    const { of, readSeq, actorId } = command;
    if (command.conversationId !== selfConversationId(actorId)) throw notAMember();
    if (participants(of)?.includes(actorId) === false) throw notAMember('of');
    // The store was set back since the router read it: another message will have that place, and nobody has read it yet.
    if (!context.isThere(placeOf(command))) {
      throw new TidemarkError('invalid_input', 'the conversation has not come that far', { field: 'readSeq' });
    }
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

function placeOf({ of, readSeq }: MarkRead): EventRef {
  return { conversationId: of, conversationSeq: readSeq };
}
