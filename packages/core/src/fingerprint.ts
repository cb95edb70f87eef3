import type { Event } from './event.ts';

/**
 * What tells an event from every other that might stand at its place: 11 characters of a–z and 0–9, from the parts that
 * all events have. Not secret and not signed: it finds a store that was set back, not a liar.
 * Source: bryc, "cyrb53", public domain; 53 bits.
 */
export function fingerprintOf({ conversationId, conversationSeq, actorId, commandId, at }: Event): string {
  const text = `${conversationId} ${conversationSeq} ${actorId} ${commandId} ${at}`;
  let low = 0xdeadbeef;
  let high = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    low = Math.imul(low ^ code, 2654435761);
    high = Math.imul(high ^ code, 1597334677);
  }
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  return (4294967296 * (2097151 & high) + (low >>> 0)).toString(36).padStart(11, '0');
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
