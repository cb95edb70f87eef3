import type { ConversationId } from '@tidemark/core';
/**
 * A number below 2³² for a text, evenly spread in all of its bits: the same in every process and version, since it decides
 * which writer a conversation has. FNV-1a alone would not do: its low bits know only the low bits of each character, and of
 * direct conversations between `a-1` and `b-1`, `a-2` and `b-2` … half of the partitions would have none.
 * Sources: FNV-1a of Fowler, Noll, Vo, RFC 9923; behind it the finaliser of Appleby's MurmurHash3.
 */
export declare function spread(text: string): number;
export declare function partitionOf(conversationId: ConversationId, partitions: number): number;
