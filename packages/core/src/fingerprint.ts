import type { Event } from './features/events.ts';

/** Characters of a hash: 32 bits in a–z and 0–9. */
const HASH_LENGTH = 7;
const DEPTH_LENGTH = 2;
const DEEP_LENGTH = HASH_LENGTH + DEPTH_LENGTH + HASH_LENGTH;
/** Of entries that came together, a fingerprint speaks for at most so many below the newest event. */
const MAX_DEPTH = 64;

type Entries = readonly { readonly event: Event | null }[];

/**
 * What tells an event from every other that might stand at its place: at most 7 characters of a–z and 0–9, from the parts that
 * all events have. Not secret and not signed: it finds a store that was set back, not a liar.
 */
export function fingerprintOf({ conversationId, conversationSeq, actorId, commandId, at }: Event): string {
  return hashOf(`${conversationId} ${conversationSeq} ${actorId} ${commandId} ${at}`);
}

/**
 * The fingerprint of a cursor that stands on the last of these entries: that of the newest event, since a void has none. `before`
 * is that of the cursor before them.
 *
 * Entries that came together may have been committed in another order than that of their seqs: what stood in a hole came last. A
 * store that was set back to between has the newest of them and lacks one below. So the fingerprint speaks for those as well: 7
 * characters for the newest event, 2 for how many entries below it, 7 for these.
 */
export function fingerprintAt(entries: Entries, before: string | undefined): string | undefined {
  const newest = entries.findLastIndex(({ event }) => event !== null);
  const event = entries[newest]?.event;
  if (!event) return before;
  const below = entries.slice(Math.max(0, newest - MAX_DEPTH), newest);
  const own = fingerprintOf(event);
  if (below.length === 0) return own;
  const depth = below.length.toString(36).padStart(DEPTH_LENGTH, '0');
  const others = hashOf(below.map((entry) => (entry.event ? fingerprintOf(entry.event) : '')).join(' '));
  return `${padded(own)}${depth}${padded(others)}`;
}

/** For how many entries below the newest event a fingerprint speaks. */
export function fingerprintDepth(fingerprint: string | undefined): number {
  if (fingerprint?.length !== DEEP_LENGTH) return 0;
  return Number.parseInt(fingerprint.slice(HASH_LENGTH, HASH_LENGTH + DEPTH_LENGTH), 36);
}

/** Whether both may be of the same history: where one of them speaks for the newest event alone, that is compared. */
export function fingerprintsAgree(a: string, b: string): boolean {
  return a === b || (a.length !== b.length && ownOf(a) === ownOf(b));
}

function ownOf(fingerprint: string): string {
  return padded(fingerprint.length === DEEP_LENGTH ? fingerprint.slice(0, HASH_LENGTH) : fingerprint);
}

function padded(hash: string): string {
  return hash.padStart(HASH_LENGTH, '0');
}

/** Source: FNV-1a of Fowler, Noll, Vo, RFC 9923; 32 bits. */
function hashOf(text: string): string {
  // Ids are ASCII: a character is a byte.
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(36);
}
