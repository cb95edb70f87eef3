import type { ConversationId } from '@tidemark/core';

/**
 * FNV-1a, 32 bits: the same in every process and version, since it decides which writer a conversation has.
 * Source: Fowler, Noll, Vo, "The FNV Non-Cryptographic Hash Algorithm", RFC 9923.
 */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

export function partitionOf(conversationId: ConversationId, partitions: number): number {
  return fnv1a(conversationId) % partitions;
}
