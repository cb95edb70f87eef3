import type { UserId } from '../ids.ts';
import type { Mentions } from '../message.ts';
import type { MessageRegisters } from './event-definition.ts';
import { definitionOf, type Event } from './events.ts';
import { isMentioned, meansAll } from './mentions-set.ts';
import { counts, type ReadPosition } from './unread.ts';

/** Whom an edit mentions and the version before it did not: those to alert. Undefined where there are none. */
export function newlyMentioned(now: Mentions | undefined, before: Mentions | undefined): Mentions | undefined {
  if (!now || (before && meansAll(before))) return undefined;
  const users = now.users.filter((userId) => !isMentioned(before, userId));
  return users.length > 0 || meansAll(now) ? { ...now, users } : undefined;
}

/** Whether an edit mentions the user where the version before did not, or no longer does. */
export function changesMention(event: Event, viewer: UserId): boolean {
  return (
    event.type === 'message.edited' && isMentioned(event.mentions, viewer) !== isMentioned(event.mentionsBefore, viewer)
  );
}

/**
 * Whether an event is among the unread mentions of the member `viewer`: it counts as unread, and mentions them as the message is now.
 * Memory stores and clients ask this; the SQL of the other stores is tested against it.
 *
 * @param registers what is set of it
 */
export function countsAsMention(
  event: Event,
  viewer: UserId,
  position: ReadPosition,
  registers?: MessageRegisters,
): boolean {
  if (!counts(event, viewer, position)) return false;
  return isMentioned(definitionOf(event).message?.(event, registers).mentions, viewer);
}
