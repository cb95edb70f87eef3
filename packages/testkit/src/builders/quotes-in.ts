import type { Event, MessageSent, Quote } from '@tidemark/core';

/** A message as those who reply to it quote it once these events have happened. */
export function quoteIn(events: readonly Event[], message: MessageSent): Quote {
  const { conversationSeq, actorId: senderId, commandId, at } = message;
  const head = { conversationSeq, senderId, clientMessageId: commandId as Quote['clientMessageId'], at };
  const edit = events.findLast((event) => event.type === 'message.edited' && event.targetSeq === conversationSeq);
  if (edit?.type !== 'message.edited') return { ...head, message: message.message };
  return { ...head, message: edit.message, edited: { version: edit.version, at: edit.at } };
}
