import { type EventRef, type MarkRead, type ReadMarked, TidemarkError } from '@tidemark/core';
import type { CommandDefinition } from './command-definition.ts';
import { type DecideContext, done, headOf, openIfNew } from './deciding.ts';
import { requireOwn, settingsIn, settingsSubject } from './settings.ts';

export const markRead: CommandDefinition<MarkRead> = {
  subjects: (command) => ({ places: [placeOf(command)], ...(command.unmarks && settingsSubject(command.of)) }),
  decide: (state, command, context) => {
    const { of, readSeq } = command;
    requireOwn(command);
    // The store was set back since the router read it: another message will have that place, and nobody has read it yet.
    if (!context.isThere(placeOf(command))) {
      throw new TidemarkError('invalid_input', 'the conversation has not come that far', { field: 'readSeq' });
    }
    const { opening, current } = openIfNew(state, command, context);
    const head = headOf(current, command, context);
    return done(state, [...opening, { type: 'read.marked', ...head, of, readSeq, ...unmarked(command, context) }]);
  },
  ledTo: (command, event) =>
    event.type === 'read.marked' &&
    event.conversationId === command.conversationId &&
    event.of === command.of &&
    event.readSeq === command.readSeq,
  intention: ({ conversationId, of, readSeq }) => [conversationId, of, readSeq],
  addedFields: ['unmarks'],
};

/** How the actor sees what was marked unread, and is no more. */
function unmarked({ unmarks, of, actorId }: MarkRead, { subjects }: DecideContext): Pick<ReadMarked, 'settings'> {
  const before = unmarks && settingsIn(subjects, of, actorId);
  return before?.markedUnread ? { settings: { ...before, markedUnread: false } } : {};
}

function placeOf({ of, readSeq }: MarkRead): EventRef {
  return { conversationId: of, conversationSeq: readSeq };
}
