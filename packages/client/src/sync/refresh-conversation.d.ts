import type { ConversationId, UserId } from '@tidemark/core';
import type { LocalReplica } from '../local-store/local-replica.ts';
import type { MessagingTrpc } from '../messaging-trpc.ts';
/** Fetches one conversation whose row is stale, and merges it with what the feed brought meanwhile. Rejects: try again. */
export declare function refreshConversation(conversationId: ConversationId, trpc: MessagingTrpc, replica: LocalReplica, userId: UserId, signal: AbortSignal): Promise<void>;
