import type { ConversationId, UserId } from '@tidemark/core';
import type { ClientEmitter } from '../client-events.ts';
import type { LocalReplica, RetryTiming } from '../local-store/local-replica.ts';
import type { MessagingTrpc } from '../messaging-trpc.ts';
/** Read marks: set locally at once, told to the server until it has taken them, over restarts. Only the newest counts. */
export interface ReadMarks {
    mark(conversationId: ConversationId, readSeq: number | undefined): Promise<void>;
    /** Sends what earlier runs left unsent. */
    resume(): void;
    wake(): void;
}
export declare function createReadMarks(options: {
    readonly trpc: MessagingTrpc;
    readonly userId: UserId;
    readonly replica: LocalReplica;
    readonly events: ClientEmitter;
    readonly timing: RetryTiming;
    readonly closing: AbortSignal;
    /** The server has taken a mark; counts that waited for it can be fetched. */
    readonly onTaken: (conversationId: ConversationId) => void;
}): ReadMarks;
