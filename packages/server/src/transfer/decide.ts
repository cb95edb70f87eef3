import {
  type AddMembers,
  type Command,
  type CommandResult,
  type ConversationSeq,
  type ConversationState,
  type CreateConversation,
  type Event,
  evolve,
  type IdSource,
  type MarkRead,
  participants,
  type RemoveMembers,
  type SendMessage,
  selfConversationId,
  TidemarkError,
  type UserId,
} from '@tidemark/core';

/**
 * What a command does to its conversation. Pure: state and command in, events out. Every rule about who may do what is
 * here, in the order in which the conversation's writer asks.
 */
export function decide(state: ConversationState | undefined, command: Command, context: DecideContext): Decision {
  try {
    switch (command.type) {
      case 'message.send':
        return sendMessage(state, command, context);
      case 'conversation.create':
        return createConversation(state, command, context);
      case 'members.add':
        return addMembers(state, command, context);
      case 'members.remove':
        return removeMembers(state, command, context);
      case 'read.mark':
        return markRead(state, command, context);
    }
  } catch (error) {
    if (error instanceof TidemarkError) return { error };
    throw error;
  }
}

export interface DecideContext {
  /** Wall time of the writer, ms since 1970. */
  readonly now: number;
  /** ms by which the last event's `at` may exceed it; one that does by more was dated by a wrong clock. */
  readonly mostAhead: number;
  readonly ids: IdSource;
  readonly inboxMembers: number;
}

/** Events to commit (none: nothing changes) with the result, or the error the sender gets. */
export type Decision =
  | { readonly events: readonly Event[]; readonly result: CommandResult; readonly state: ConversationState }
  | { readonly error: TidemarkError };

/** The result that belongs to a command's event, also when it is found again later. */
export function resultOf(event: Event): CommandResult {
  return {
    conversationId: event.conversationId,
    conversationSeq: event.conversationSeq,
    at: event.at,
    messageId: event.type === 'message.sent' ? event.messageId : null,
  };
}

function sendMessage(state: ConversationState | undefined, command: SendMessage, context: DecideContext): Decision {
  const { opening, current } = openIfNew(state, command, context);
  const event: Event = {
    type: 'message.sent',
    ...headOf(current, command, context),
    messageId: context.ids.messageId(context.now),
    message: command.message,
  };
  return done(state, [...opening, event]);
}

function createConversation(
  state: ConversationState | undefined,
  command: CreateConversation,
  context: DecideContext,
): Decision {
  const memberIds = [...new Set([command.actorId, ...command.memberIds])];
  requireFit(command, memberIds);
  if (state) {
    requireMember(state, command.actorId);
    return unchanged(state);
  }
  requireRoom(memberIds.length, context);
  return done(undefined, [
    {
      ...createdBy(command, memberIds, context),
      kind: command.kind,
      title: command.title,
      commandId: command.commandId,
    },
  ]);
}

/** The id says the kind, and for two of them who takes part: a command that says otherwise was not made by a router. */
function requireFit({ conversationId, kind, title }: CreateConversation, memberIds: readonly UserId[]): void {
  const users = participants(conversationId);
  const expected = !users ? 'group' : users.length === 1 ? 'self' : 'direct';
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

function addMembers(state: ConversationState | undefined, command: AddMembers, context: DecideContext): Decision {
  const current = requireMember(state, command.actorId);
  requireGroup(current);
  const memberIds = [...new Set(command.memberIds)].filter((userId) => !current.members.has(userId));
  if (memberIds.length === 0) return unchanged(current);
  requireRoom(current.members.size + memberIds.length, context);
  return done(current, [{ type: 'members.added', ...headOf(current, command, context), memberIds }]);
}

function removeMembers(state: ConversationState | undefined, command: RemoveMembers, context: DecideContext): Decision {
  const current = requireMember(state, command.actorId);
  requireGroup(current);
  const others = command.memberIds.some((userId) => userId !== command.actorId);
  if (others && current.conversation.createdBy !== command.actorId) {
    throw new TidemarkError('forbidden', 'only the creator of a group may remove other members', {
      field: 'memberIds',
    });
  }
  const memberIds = [...new Set(command.memberIds)].filter((userId) => current.members.has(userId));
  if (memberIds.length === 0) return unchanged(current);
  return done(current, [{ type: 'members.removed', ...headOf(current, command, context), memberIds }]);
}

function markRead(state: ConversationState | undefined, command: MarkRead, context: DecideContext): Decision {
  const { of, readSeq, actorId } = command;
  if (command.conversationId !== selfConversationId(actorId)) throw notAMember();
  if (participants(of)?.includes(actorId) === false) throw notAMember('of');
  const { opening, current } = openIfNew(state, command, context);
  return done(state, [...opening, { type: 'read.marked', ...headOf(current, command, context), of, readSeq }]);
}

/** A direct conversation, and that of a user alone, come into being with their first command: the id says who is in it. */
function openIfNew(
  state: ConversationState | undefined,
  command: SendMessage | MarkRead,
  context: DecideContext,
): { opening: readonly Event[]; current: ConversationState } {
  if (state) return { opening: [], current: requireMember(state, command.actorId) };
  const memberIds = participants(command.conversationId);
  if (!memberIds?.includes(command.actorId)) throw notAMember();
  const kind = memberIds.length === 1 ? 'self' : 'direct';
  const created = { ...createdBy(command, memberIds, context), kind, title: null, commandId: null } as const;
  return { opening: [created], current: evolve(undefined, created) };
}

function createdBy(command: Command, memberIds: readonly UserId[], context: DecideContext) {
  return {
    type: 'conversation.created' as const,
    conversationId: command.conversationId,
    conversationSeq: 1 as ConversationSeq,
    actorId: command.actorId,
    at: context.now,
    memberIds,
  };
}

function headOf(state: ConversationState, command: Command, context: DecideContext) {
  return {
    conversationId: command.conversationId,
    conversationSeq: (state.head + 1) as ConversationSeq,
    actorId: command.actorId,
    commandId: command.commandId,
    at: atAfter(state, context),
  };
}

/** Time does not go back in a conversation, but for once after an event that a wrong clock had dated: it would last for ever. */
function atAfter({ lastAt }: ConversationState, { now, mostAhead }: DecideContext): number {
  return lastAt - now > mostAhead ? now : Math.max(now, lastAt);
}

function done(before: ConversationState | undefined, events: readonly Event[]): Decision {
  let state = before;
  for (const event of events) state = evolve(state, event);
  return { events, result: resultOf(events.at(-1) as Event), state: state as ConversationState };
}

function unchanged(state: ConversationState): Decision {
  const { conversation, head, lastAt } = state;
  const result = { conversationId: conversation.conversationId, conversationSeq: head, at: lastAt, messageId: null };
  return { events: [], result, state };
}

function requireMember(state: ConversationState | undefined, userId: UserId): ConversationState {
  if (!state?.members.has(userId)) throw notAMember();
  return state;
}

function requireGroup(state: ConversationState): void {
  if (state.conversation.kind !== 'group') {
    throw new TidemarkError('forbidden', 'members can be changed in groups only', { field: 'conversationId' });
  }
}

function requireRoom(members: number, context: DecideContext): void {
  if (members > context.inboxMembers) {
    throw new TidemarkError('too_many_members', `${members} members, at most ${context.inboxMembers}`, {
      field: 'memberIds',
    });
  }
}

function notAMember(field = 'conversationId'): TidemarkError {
  return new TidemarkError('not_a_member', 'the caller is not a member of this conversation', { field });
}
