import { type CommandId, definitionOf, type Event, type UserId } from '@tidemark/core';

/** The id under which the user sent the message that the event is; undefined where it is none of theirs. */
export function ownMessageIn(event: Event, userId: UserId): CommandId | undefined {
  const isOwn = event.actorId === userId && definitionOf(event).message !== undefined;
  return isOwn ? (event.commandId ?? undefined) : undefined;
}
