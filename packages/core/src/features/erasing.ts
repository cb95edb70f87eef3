import { type EventRef, refKey } from '../event-ref.ts';
import type { CarriedContent } from './event-definition.ts';
import { definitionOf, type Event } from './events.ts';

/** The messages whose content an event erases. */
export function erasedBy(event: Event): EventRef[] {
  const { conversationId } = event;
  const erased = definitionOf(event).erases?.(event) ?? [];
  return erased.map((conversationSeq) => ({ conversationId, conversationSeq }));
}

/** The event without the content of its message; the same where it carries none. */
export function withoutContent(event: Event): Event {
  return (definitionOf(event).content?.(event).without as Event | undefined) ?? event;
}

/** The content that an event carries, with the place of its message. */
export function carriedBy(event: Event): (EventRef & Pick<CarriedContent, 'message'>) | undefined {
  const carried = definitionOf(event).content?.(event);
  return carried && { conversationId: event.conversationId, conversationSeq: carried.of, message: carried.message };
}

/**
 * The events as they stand once all of them have happened: what one erases is in none of them, in whatever order they come. The same array
 * where nothing is erased.
 */
export function afterErasing(events: readonly Event[]): readonly Event[] {
  const erased = new Set(events.flatMap(erasedBy).map(refKey));
  if (erased.size === 0) return events;
  return events.map((event) => {
    const carried = carriedBy(event);
    return carried && erased.has(refKey(carried)) ? withoutContent(event) : event;
  });
}
