import type { Event, MessageErased, MessageSent } from '@tidemark/core';

/** Whether two sightings are of one event: the same thing done by the same command, whatever place each gives it, and whatever is left of it. */
export function sameEvent(a: Event, b: Event): boolean {
  if (a === b) return true;
  return typeOf(a) === typeOf(b) && a.actorId === b.actorId && a.commandId === b.commandId && idOf(a) === idOf(b);
}

/** A message, or what is left of it. */
export function isMessage(event: Event | undefined): event is MessageSent | MessageErased {
  return event?.type === 'message.sent' || event?.type === 'message.erased';
}

/** As it was before it was erased. */
function typeOf({ type }: Event): Event['type'] {
  if (type === 'message.erased') return 'message.sent';
  return type === 'edit.erased' ? 'message.edited' : type;
}

function idOf(event: Event): string | null {
  return isMessage(event) ? event.messageId : null;
}
