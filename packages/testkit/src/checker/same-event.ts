import type { Event } from '@tidemark/core';

/** Whether two sightings are of one event: the same thing done by the same command, whatever place each gives it. */
export function sameEvent(a: Event, b: Event): boolean {
  if (a === b) return true;
  return a.type === b.type && a.actorId === b.actorId && a.commandId === b.commandId && idOf(a) === idOf(b);
}

function idOf(event: Event): string | null {
  return event.type === 'message.sent' ? event.messageId : null;
}
