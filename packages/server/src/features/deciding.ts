import {
  type Command,
  type CommandResult,
  type ConversationSeq,
  type ConversationState,
  type Event,
  type EventRef,
  evolve,
  type IdSource,
  kindOf,
  type Limits,
  participants,
  TidemarkError,
  type UserId,
} from '@tidemark/core';
import type { Subjects } from './subjects.ts';

/** What a feature has at hand when it decides a command. */
export interface DecideContext {
  /** Wall time of the writer, ms since 1970. */
  readonly now: number;
  /** ms by which the last event's `at` may exceed it; one that does by more was dated by a wrong clock. */
  readonly mostAhead: number;
  readonly ids: IdSource;
  readonly limits: DecideLimits;
  readonly permissions: Permissions;
  /** What the command names, with what was decided before it. */
  readonly subjects: Subjects;
  /** Whether the store has this place; true while it was not asked, since it takes nothing that stands on a place it lacks. */
  readonly isThere: (place: EventRef) => boolean;
}

/** The limits that hold in the order of a conversation. */
export type DecideLimits = Pick<
  Limits,
  | 'inboxMembers'
  | 'editWindowMs'
  | 'revokeWindowMs'
  | 'versions'
  | 'reactionsPerUser'
  | 'reactionKeys'
  | 'pins'
  | 'mentionAllMembers'
>;

/** Who may do what in a group. */
export interface Permissions {
  readonly pin: 'owner' | 'everybody';
  /** In groups of more than `limits.mentionAllMembers`; in smaller ones everybody may. */
  readonly mentionAll: 'owner' | 'everybody';
}

/** Events to commit (none: nothing changes), with the result and the state after them. */
export interface Decided {
  readonly events: readonly Event[];
  readonly result: CommandResult;
  readonly state: ConversationState;
}

/** The result that belongs to a command's event, also when it is found again later. */
export function resultOf(event: Event): CommandResult {
  return {
    conversationId: event.conversationId,
    conversationSeq: event.conversationSeq,
    at: event.at,
    messageId: 'messageId' in event ? event.messageId : null,
  };
}

/** The state after these events, the first of which follows `before`. */
export function done(before: ConversationState | undefined, events: readonly Event[]): Decided {
  let state = before;
  for (const event of events) state = evolve(state, event);
  return { events, result: resultOf(events.at(-1) as Event), state: state as ConversationState };
}

/** What the command asks for is so already. */
export function unchanged(state: ConversationState): Decided {
  const { conversation, head, lastAt } = state;
  const result = { conversationId: conversation.conversationId, conversationSeq: head, at: lastAt, messageId: null };
  return { events: [], result, state };
}

/** The head of the event that follows `state`. */
export function headOf(state: ConversationState, command: Command, context: DecideContext) {
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

/** A direct conversation, and that of a user alone, come into being with their first command: the id says who is in it. */
export function openIfNew(
  state: ConversationState | undefined,
  command: Command,
  context: DecideContext,
): { opening: readonly Event[]; current: ConversationState } {
  if (state) return { opening: [], current: requireMember(state, command) };
  const memberIds = participants(command.conversationId);
  if (!memberIds?.includes(command.actorId)) throw notAMember();
  const kind = kindOf(command.conversationId);
  const created = { ...createdBy(command, memberIds, context), kind, title: null, commandId: null } as const;
  return { opening: [created], current: evolve(undefined, created) };
}

/** What the first event of a conversation has in any case. */
export function createdBy(command: Command, memberIds: readonly UserId[], context: DecideContext) {
  return {
    type: 'conversation.created' as const,
    conversationId: command.conversationId,
    conversationSeq: 1 as ConversationSeq,
    actorId: command.actorId,
    at: context.now,
    memberIds,
  };
}

/** Who acts: a member, or somebody to whom the application has given the privilege. */
export type Actor = Pick<Command, 'actorId' | 'privileged'>;

export function requireMember(state: ConversationState | undefined, actor: Actor): ConversationState {
  if (!state || joinedSeqOf(state, actor) === undefined) throw notAMember();
  return state;
}

/** From where on the actor sees the conversation; undefined for one who has no business there. */
export function joinedSeqOf(state: ConversationState, { actorId, privileged }: Actor): number | undefined {
  return isPrivileged(state, privileged) ? 0 : state.members.get(actorId);
}

/** What users have for themselves alone is nobody else's, whoever asks. */
export function isPrivileged({ conversation }: ConversationState, privileged: true | undefined): boolean {
  return privileged === true && conversation.kind !== 'self';
}

export function requireGroup(state: ConversationState): void {
  if (state.conversation.kind !== 'group') {
    throw new TidemarkError('forbidden', 'members can be changed in groups only', { field: 'conversationId' });
  }
}

export function requireRoom(members: number, context: DecideContext): void {
  const { inboxMembers } = context.limits;
  if (members > inboxMembers) {
    throw new TidemarkError('too_many_members', `${members} members, at most ${inboxMembers}`, {
      field: 'memberIds',
    });
  }
}

export function notAMember(field = 'conversationId'): TidemarkError {
  return new TidemarkError('not_a_member', 'the caller is not a member of this conversation', { field });
}
