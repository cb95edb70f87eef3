import type { UserId } from '../ids.ts';
import { definitionOf, type Event } from './events.ts';

/** From where on a member belongs to a conversation, and up to where they have read it. */
export interface ReadPosition {
  readonly joinedSeq: number;
  readonly readSeq: number;
}

/**
 * Whether an event is unread by the member `viewer`: it is of a type that counts, somebody else's, visible to them, and above their
 * read mark. Memory stores and clients ask this; the SQL of the other stores is tested against it.
 */
export function counts(event: Event, viewer: UserId, { joinedSeq, readSeq }: ReadPosition): boolean {
  const { actorId, conversationSeq } = event;
  if (definitionOf(event).counts !== true || actorId === viewer) return false;
  return conversationSeq > readSeq && conversationSeq >= joinedSeq;
}
