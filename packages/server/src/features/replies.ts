import type { ConversationState, MessageSent, SendMessage } from '@tidemark/core';
import type { DecideContext } from './deciding.ts';
import { requireMessage } from './targets.ts';

/**
 * What an answer has of the message that it replies to: its place, since everybody sees it as it is when they look.
 *
 * @throws TidemarkError `message_not_found` where there is no such message, or the sender may not see it
 */
export function repliedTo(
  state: ConversationState,
  { replyTo, actorId, privileged }: SendMessage,
  context: DecideContext,
): Pick<MessageSent, 'replyTo'> {
  if (!replyTo) return {};
  const { conversationSeq: seq } = requireMessage(state, { target: replyTo, actorId, privileged }, context, 'replyTo');
  return { replyTo: { seq } };
}

/** Whether a message replies to what the command does, as far as that can be told without the log. A command that replies to none is like any. */
export function repliesToTheSame({ replyTo }: SendMessage, event: MessageSent): boolean {
  if (!replyTo) return true;
  return event.replyTo !== undefined && (!('seq' in replyTo) || replyTo.seq === event.replyTo.seq);
}
