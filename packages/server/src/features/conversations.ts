import { type CreateConversation, kindOf, participants, TidemarkError, type UserId } from '@tidemark/core';
import type { CommandDefinition } from './command-definition.ts';
import { createdBy, done, requireMember, requireRoom, unchanged } from './deciding.ts';

export const createConversation: CommandDefinition<CreateConversation> = {
  decide: (state, command, context) => {
    const memberIds = membersOf(command);
    requireFit(command, memberIds);
    if (state) return unchanged(requireMember(state, command));
    requireRoom(memberIds.length, context);
    const { kind, title, commandId } = command;
    return done(undefined, [{ ...createdBy(command, memberIds, context), kind, title, commandId }]);
  },
  ledTo: (command, event) => {
    if (event.type !== 'conversation.created' || event.kind !== command.kind) return false;
    // Each call names another id for the group that it asks for.
    if (command.kind !== 'group') return event.conversationId === command.conversationId;
    const memberIds = new Set(event.memberIds);
    const named = membersOf(command);
    return (
      event.title === command.title && named.length === memberIds.size && named.every((userId) => memberIds.has(userId))
    );
  },
  intention: ({ conversationId, kind, title, memberIds }) => [
    kind === 'group' ? null : conversationId,
    kind,
    title,
    [...new Set(memberIds)].sort(),
  ],
};

function membersOf({ actorId, memberIds }: CreateConversation): UserId[] {
  return [...new Set([actorId, ...memberIds])];
}

/** The id says the kind, and for two of them who takes part: a command that says otherwise was not made by a router. */
function requireFit({ conversationId, kind, title }: CreateConversation, memberIds: readonly UserId[]): void {
  const users = participants(conversationId);
  const expected = kindOf(conversationId);
  if (kind !== expected) {
    throw new TidemarkError('invalid_input', `must be ${expected}, as the id of the conversation says`, {
      field: 'kind',
    });
  }
  if (!users) return;
  if (title !== null) throw new TidemarkError('invalid_input', 'is for groups only', { field: 'title' });
  if (users.length === memberIds.length && memberIds.every((userId) => users.includes(userId))) return;
  throw new TidemarkError('invalid_input', 'must be the users whom the id of the conversation names', {
    field: 'memberIds',
  });
}
