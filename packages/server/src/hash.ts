import type { ConversationId } from '@tidemark/core';

/**
 * A number below 2³² for a text, evenly spread in all of its bits: the same in every process and version, since it decides
 * which writer a conversation has. FNV-1a alone would not do: its low bits know only the low bits of each character, and of
 * direct conversations between `a-1` and `b-1`, `a-2` and `b-2` … half of the partitions would have none.
 * Sources: FNV-1a of Fowler, Noll, Vo, RFC 9923; behind it the finaliser of Appleby's MurmurHash3.
 */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

export function partitionOf(conversationId: ConversationId, partitions: number): number {
  return hashOf(conversationId) % partitions;
}
