import {
  type AddMembers,
  type Event,
  type Membership,
  type RemoveMembers,
  recipientsAsOf,
  TidemarkError,
} from '@tidemark/core';
import type { CommandDefinition } from './command-definition.ts';
import { done, headOf, requireGroup, requireMember, requireRoom, unchanged } from './deciding.ts';
import { may } from './permissions.ts';

export const addMembers: CommandDefinition<AddMembers> = {
  decide: (state, command, context) => {
    const current = requireMember(state, command);
    requireGroup(current);
    const memberIds = [...new Set(command.memberIds)].filter((userId) => !current.members.has(userId));
    if (memberIds.length === 0) return unchanged(current);
    requireRoom(current.members.size + memberIds.length, context);
    return done(current, [{ type: 'members.added', ...headOf(current, command, context), memberIds }]);
  },
  ledTo: (command, event, memberships) =>
    event.type === 'members.added' && isSameChange(command, event, memberships, true),
  intention: intentionOf,
};

export const removeMembers: CommandDefinition<RemoveMembers> = {
  decide: (state, command, context) => {
    const current = requireMember(state, command);
    requireGroup(current);
    const others = command.memberIds.some((userId) => userId !== command.actorId);
    if (others && !may('removeMembers', current, command, context.permissions)) {
      throw new TidemarkError('forbidden', 'only the creator of a group may remove other members', {
        field: 'memberIds',
      });
    }
    const memberIds = [...new Set(command.memberIds)].filter((userId) => current.members.has(userId));
    if (memberIds.length === 0) return unchanged(current);
    return done(current, [{ type: 'members.removed', ...headOf(current, command, context), memberIds }]);
  },
  ledTo: (command, event, memberships) =>
    event.type === 'members.removed' && isSameChange(command, event, memberships, false),
  intention: intentionOf,
};

type ChangeMembers = AddMembers | RemoveMembers;

function intentionOf({ conversationId, memberIds }: ChangeMembers): readonly unknown[] {
  return [conversationId, [...new Set(memberIds)].sort()];
}

/** @param membersAfter whether those whom the event left alone were members, as they must have been, or none */
function isSameChange(
  command: ChangeMembers,
  event: Event & { readonly memberIds: ChangeMembers['memberIds'] },
  memberships: readonly Membership[],
  membersAfter: boolean,
): boolean {
  if (event.conversationId !== command.conversationId) return false;
  const named = new Set(command.memberIds);
  if (!event.memberIds.every((userId) => named.has(userId))) return false;
  const concerned = new Set(event.memberIds);
  const thenMembers = new Set(recipientsAsOf(memberships, event));
  const unconcerned = [...named].filter((userId) => !concerned.has(userId));
  return unconcerned.every((userId) => thenMembers.has(userId) === membersAfter);
}
