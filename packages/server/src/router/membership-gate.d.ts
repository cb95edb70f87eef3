import { type Clock, type ConversationId, type HistoryStore, type UserId } from '@tidemark/core';
/**
 * Refuses a command to a conversation the caller is not in, before it is queued. The id of a direct conversation says who
 * is in it; the members of a group are read, and remembered for a moment: only a "yes" is ever answered from memory.
 * Stage 1.
 *
 * Keeps  P12 (once; the writer keeps it for good)
 */
export declare class MembershipGate {
    #private;
    constructor(history: HistoryStore, clock: Clock);
    /** For reading. Throws `not_a_member`. */
    require(userId: UserId, conversationId: ConversationId): Promise<void>;
    /**
     * For commands. Throws `not_a_member` for a stranger. Whoever has ever been a member is let through: a copy of the same
     * command may be stored or queued since before they left, and only the writer, in order, can say what became of it.
     */
    admit(userId: UserId, conversationId: ConversationId): Promise<void>;
}
