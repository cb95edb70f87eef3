import {
  type ConversationState,
  type MessageErased,
  type MessageSent,
  type MessageTarget,
  TidemarkError,
} from '@tidemark/core';
import { type Actor, type DecideContext, joinedSeqOf } from './deciding.ts';

/** A message, and who wants to do something about it. */
interface NamedMessage extends Actor {
  readonly target: MessageTarget;
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
  state: ConversationState,
  { target, ...actor }: NamedMessage,
  { subjects }: DecideContext,
  field = 'target',
): MessageSent | MessageErased {
  const message = subjects.event(state.conversation.conversationId, target);
  const joinedSeq = joinedSeqOf(state, actor) ?? Number.POSITIVE_INFINITY;
  const isMessage = message?.type === 'message.sent' || message?.type === 'message.erased';
  if (isMessage && (message.actorId === actor.actorId || message.conversationSeq >= joinedSeq)) return message;
  throw new TidemarkError('message_not_found', 'no such message of the conversation', { field });
}
