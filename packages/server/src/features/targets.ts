import {
  type ConversationState,
  type MessageErased,
  type MessageSent,
  type MessageTarget,
  TidemarkError,
  type UserId,
} from '@tidemark/core';
import type { DecideContext } from './deciding.ts';

/** A message, and who wants to do something about it. */
interface NamedMessage {
  readonly target: MessageTarget;
  readonly actorId: UserId;
}

/**
 * The message that a command names, of which something can be said.
 *
 * @param field the input that names it
 */
export function requireMessage(
  state: ConversationState,
  command: NamedMessage,
  context: DecideContext,
  field = 'target',
): MessageSent {
  const message = findMessage(state, command, context, field);
  if (message.type === 'message.sent') return message;
  throw new TidemarkError('revoked', 'the message was revoked', { field });
}

/** The message that a command names, or what is left of it. What the actor may not see is not there: of it nothing is said. */
export function findMessage(
  { conversation: { conversationId }, members }: ConversationState,
  { target, actorId }: NamedMessage,
  { subjects }: DecideContext,
  field = 'target',
): MessageSent | MessageErased {
  const message = subjects.event(conversationId, target);
  const joinedSeq = members.get(actorId) ?? Number.POSITIVE_INFINITY;
  const isMessage = message?.type === 'message.sent' || message?.type === 'message.erased';
  if (isMessage && (message.actorId === actorId || message.conversationSeq >= joinedSeq)) return message;
  throw new TidemarkError('message_not_found', 'no such message of the conversation', { field });
}
