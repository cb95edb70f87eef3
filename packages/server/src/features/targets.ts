import {
  type ConversationState,
  type MessageSent,
  type MessageTarget,
  TidemarkError,
  type UserId,
} from '@tidemark/core';
import type { DecideContext } from './deciding.ts';

/**
 * The message that a command names. What the actor may not see is not there: of it nothing is said.
 *
 * @param field the input that names it
 */
export function requireMessage(
  { conversation: { conversationId }, members }: ConversationState,
  { target, actorId }: { readonly target: MessageTarget; readonly actorId: UserId },
  { subjects }: DecideContext,
  field = 'target',
): MessageSent {
  const message = subjects.event(conversationId, target);
  const joinedSeq = members.get(actorId) ?? Number.POSITIVE_INFINITY;
  if (message?.type === 'message.sent' && (message.actorId === actorId || message.conversationSeq >= joinedSeq)) {
    return message;
  }
  throw new TidemarkError('message_not_found', 'no such message of the conversation', { field });
}
