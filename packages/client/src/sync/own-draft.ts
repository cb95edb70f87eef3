import { type CommandId, definitionOf, type Event, type UserId } from '@tidemark/core';

/** The id of the draft that came back as this event: a message of the user's, or an edit; undefined where it is neither. */
export function ownDraftIn(event: Event, userId: UserId): CommandId | undefined {
  const { message, sets } = definitionOf(event);
  return event.actorId === userId && (message ?? sets) ? (event.commandId ?? undefined) : undefined;
}
