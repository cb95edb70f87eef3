import {
  type AddMembers,
  type CommandId,
  type ConversationId,
  type ConversationSeq,
  type CreateConversation,
  directConversationId,
  type EditMessage,
  type JsonObject,
  type MarkRead,
  type Mentions,
  type MessageTarget,
  parseCommandId,
  parseConversationId,
  parseUserId,
  type RemoveMembers,
  type RevokeMessages,
  type SendMessage,
  type SetPin,
  type SetReaction,
  type SetSettings,
  type SettingsChange,
  selfConversationId,
  type UserId,
} from '@tidemark/core';

export const alice = parseUserId('alice');
export const bob = parseUserId('bob');
export const carol = parseUserId('carol');
export const dave = parseUserId('dave');

/** The direct conversation of alice and bob. */
export const direct = directConversationId(alice, bob);
/** The group that commands are about unless they say otherwise. */
export const group = parseConversationId('g:01ARZ3NDEKTSV4RRFFQ69G5FAV');
export const otherGroup = parseConversationId('g:01BX5ZZKBKACTAV9WEVGEMMVRZ');

let commands = 0;

/** A command id that no other command of this test file has. */
function newCommandId(): CommandId {
  commands += 1;
  return parseCommandId(`c${commands}`);
}

export function send(
  actorId: UserId,
  conversationId: ConversationId,
  options: {
    text?: string;
    content?: JsonObject;
    replyTo?: MessageTarget;
    mentions?: Mentions;
    commandId?: CommandId;
  } = {},
): SendMessage {
  const { text = 'hello', replyTo, mentions, commandId = newCommandId() } = options;
  const message = { type: 'text', content: options.content ?? { text } };
  return {
    type: 'message.send',
    actorId,
    conversationId,
    commandId,
    message,
    ...(mentions && { mentions }),
    ...(replyTo && { replyTo }),
  };
}

export function edit(
  actorId: UserId,
  conversationId: ConversationId,
  target: MessageTarget,
  options: { text?: string; mentions?: Mentions; expectedVersion?: number; commandId?: CommandId } = {},
): EditMessage {
  const { text = 'edited', mentions, expectedVersion, commandId = newCommandId() } = options;
  const message = { type: 'text', content: { text } };
  return {
    type: 'message.edit',
    actorId,
    conversationId,
    commandId,
    target,
    message,
    ...(mentions && { mentions }),
    expectedVersion,
  };
}

export function react(
  actorId: UserId,
  conversationId: ConversationId,
  target: MessageTarget,
  options: { key?: string; on?: boolean; commandId?: CommandId } = {},
): SetReaction {
  const { key = '👍', on = true, commandId = newCommandId() } = options;
  return { type: 'reaction.set', actorId, conversationId, commandId, target, key, on };
}

export function revoke(
  actorId: UserId,
  conversationId: ConversationId,
  targets: readonly MessageTarget[],
  options: { reason?: string; commandId?: CommandId } = {},
): RevokeMessages {
  const { reason, commandId = newCommandId() } = options;
  return { type: 'message.revoke', actorId, conversationId, commandId, targets, reason };
}

export function pin(
  actorId: UserId,
  conversationId: ConversationId,
  target: MessageTarget,
  options: { on?: boolean; commandId?: CommandId } = {},
): SetPin {
  const { on = true, commandId = newCommandId() } = options;
  return { type: 'pin.set', actorId, conversationId, commandId, target, on };
}

export function createGroup(
  actorId: UserId,
  memberIds: readonly UserId[],
  options: { conversationId?: ConversationId; title?: string; commandId?: CommandId } = {},
): CreateConversation {
  const { conversationId = group, title = null, commandId = newCommandId() } = options;
  return { type: 'conversation.create', kind: 'group', title, conversationId, actorId, memberIds, commandId };
}

export function addMembers(
  actorId: UserId,
  memberIds: readonly UserId[],
  options: { conversationId?: ConversationId; commandId?: CommandId } = {},
): AddMembers {
  const { conversationId = group, commandId = newCommandId() } = options;
  return { type: 'members.add', conversationId, actorId, memberIds, commandId };
}

export function removeMembers(
  actorId: UserId,
  memberIds: readonly UserId[],
  options: { conversationId?: ConversationId; commandId?: CommandId } = {},
): RemoveMembers {
  const { conversationId = group, commandId = newCommandId() } = options;
  return { type: 'members.remove', conversationId, actorId, memberIds, commandId };
}

export function markRead(actorId: UserId, of: ConversationId, readSeq: number): MarkRead {
  const conversationId = selfConversationId(actorId);
  return {
    type: 'read.mark',
    conversationId,
    actorId,
    of,
    readSeq: readSeq as ConversationSeq,
    commandId: newCommandId(),
  };
}

export function set(
  actorId: UserId,
  of: ConversationId,
  settings: SettingsChange,
  commandId: CommandId = newCommandId(),
): SetSettings {
  return { type: 'settings.set', conversationId: selfConversationId(actorId), actorId, of, settings, commandId };
}
