import type { ConversationId, UserId } from '@tidemark/core';
import type { LocalReplica } from '../local-store/local-replica.ts';
import type { HistoryInput, HistoryPage, MessagingTrpc } from '../messaging-trpc.ts';
/**
 * Brings the page before the oldest local event (the newest page when there is none) into the local store. Whether there
 * is more is in the row then (`reachedStart`). False when the conversation does not exist (yet); other errors reject.
 */
export declare function loadHistory(conversationId: ConversationId, trpc: MessagingTrpc, replica: LocalReplica, userId: UserId, limit: number, signal: AbortSignal): Promise<boolean>;
/** One page from the server; `undefined` when the conversation does not exist (yet). */
export declare function fetchHistory(input: HistoryInput, trpc: MessagingTrpc, signal: AbortSignal): Promise<HistoryPage | undefined>;
