import {
  type Command,
  type CommandResult,
  type Event,
  type Membership,
  recipientsAsOf,
  TidemarkError,
  type UserId,
} from '@tidemark/core';

/**
 * Whether `command` is the one that led to `event`, which has its id. An id that is used twice for two intentions must not
 * be answered with what the first one did: the caller would believe that the second was carried out.
 *
 * @param memberships of the event's conversation: a command names members, its event only those whom it concerned
 */
export function isRepeatOf(command: Command, event: Event, memberships: readonly Membership[]): boolean {
  if (command.type === 'conversation.create') {
    if (event.type !== 'conversation.created' || event.kind !== command.kind) return false;
    // Each call names another id for the group that it asks for.
    if (command.kind !== 'group') return event.conversationId === command.conversationId;
    const memberIds = new Set([command.actorId, ...command.memberIds]);
    return event.title === command.title && areSame(memberIds, new Set(event.memberIds));
  }
  if (event.conversationId !== command.conversationId) return false;
  if (command.type === 'message.send') return event.type === 'message.sent';
  if (command.type === 'read.mark') {
    return event.type === 'read.marked' && event.of === command.of && event.readSeq === command.readSeq;
  }
  if (command.type === 'members.add' && event.type !== 'members.added') return false;
  if (command.type === 'members.remove' && event.type !== 'members.removed') return false;
  if (event.type !== 'members.added' && event.type !== 'members.removed') return false;
  const named = new Set(command.memberIds);
  if (!event.memberIds.every((userId) => named.has(userId))) return false;
  const concerned = new Set(event.memberIds);
  const thenMembers = new Set(recipientsAsOf(memberships, event));
  const unconcerned = [...named].filter((userId) => !concerned.has(userId));
  // Those it left alone were members already, or were none.
  return unconcerned.every((userId) => thenMembers.has(userId) === (event.type === 'members.added'));
}

/** Whether what is remembered of a command with this id is certain to be its result; else the store knows. */
export function isResultOf(command: Command, remembered: CommandResult): boolean {
  return (
    command.type === 'message.send' &&
    remembered.messageId !== null &&
    remembered.conversationId === command.conversationId
  );
}

/** Whether two commands of one batch with the same id ask for the same. */
export function areTheSame(a: Command, b: Command): boolean {
  return intentionOf(a) === intentionOf(b);
}

function intentionOf(command: Command): string {
  const { type, conversationId } = command;
  if (type === 'message.send') return JSON.stringify([type, conversationId]);
  if (type === 'read.mark') return JSON.stringify([type, conversationId, command.of, command.readSeq]);
  const memberIds = [...new Set(command.memberIds)].sort();
  if (type !== 'conversation.create') return JSON.stringify([type, conversationId, memberIds]);
  const { kind, title } = command;
  return JSON.stringify([type, kind === 'group' ? null : conversationId, kind, title, memberIds]);
}

/** @param earlier what the id was used for */
export function reused(command: Command, earlier: Event | Command): TidemarkError {
  const field = command.type === 'message.send' ? 'clientMessageId' : 'commandId';
  return new TidemarkError(
    'command_reused',
    `was used before, for ${earlier.type} in ${earlier.conversationId}; this is ${command.type} in ${command.conversationId}`,
    { field },
  );
}

function areSame(a: ReadonlySet<UserId>, b: ReadonlySet<UserId>): boolean {
  return a.size === b.size && [...a].every((userId) => b.has(userId));
}
