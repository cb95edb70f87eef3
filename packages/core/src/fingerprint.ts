import type { Event } from './features/events.ts';

/**
 * What tells an event from every other that might stand at its place: at most 7 characters of a–z and 0–9, from the parts that
 * all events have. Not secret and not signed: it finds a store that was set back, not a liar.
 * Source: FNV-1a of Fowler, Noll, Vo, RFC 9923; 32 bits.
 */
export function fingerprintOf({ conversationId, conversationSeq, actorId, commandId, at }: Event): string {
  // Ids are ASCII: a character is a byte.
  const text = `${conversationId} ${conversationSeq} ${actorId} ${commandId} ${at}`;
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(36);
}

/**
 * The fingerprint of a cursor that stands on the last of these entries: that of the newest event, since a void has none. `before`
 * is that of the cursor before them.
 */
export function fingerprintAt(
  entries: readonly { readonly event: Event | null }[],
  before: string | undefined,
): string | undefined {
  for (let index = entries.length - 1; index >= 0; index--) {
    const event = entries[index]?.event;
    if (event) return fingerprintOf(event);
  }
  return before;
}
