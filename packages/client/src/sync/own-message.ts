import { definitionOf, type Event, type Message, type UserId } from '@tidemark/core';

/** The message that the user sent with a command of their own, which the event is; undefined where it is none of theirs. */
export function ownMessageIn(event: Event, userId: UserId): Message | undefined {
  const isOwn = event.actorId === userId && event.commandId !== null;
  return isOwn ? definitionOf(event).message?.(event) : undefined;
}
