import type { Conversation, Membership } from './conversation.ts';
import type { Event, EventRef } from './event.ts';
import type { ConversationId, ConversationSeq, UserId } from './ids.ts';
/** What the writer of a conversation needs to decide its next command. */
export interface ConversationState {
    readonly conversation: Conversation;
    readonly head: ConversationSeq;
    /** `at` of the newest event. */
    readonly lastAt: number;
    /** Members now, with the conversationSeq at which each joined. */
    readonly members: ReadonlyMap<UserId, ConversationSeq>;
}
/** The state after one more event; `state` is undefined before the first. The only place that knows how. */
export declare function evolve(state: ConversationState | undefined, event: Event): ConversationState;
/** Who finds the event in their inbox: the members after it, and those it removed. */
export declare function recipientsOf(state: ConversationState, event: Event): UserId[];
/** The same from stored memberships, for an event of any age. */
export declare function recipientsAsOf(memberships: readonly Membership[], ref: EventRef): UserId[];
/** What a batch of events changes in the tables beside the log; every adapter writes exactly this. */
export interface Projection {
    readonly created: readonly Conversation[];
    /** One per conversation touched, the newest. */
    readonly heads: readonly ConversationHead[];
    readonly joined: readonly Membership[];
    /**
     * leftSeq to set on the user's open stay; apply before inserting `joined`, which may open the next one. A stay opened
     * and ended in the same batch is already closed in `joined`.
     */
    readonly left: readonly {
        conversationId: ConversationId;
        userId: UserId;
        leftSeq: ConversationSeq;
    }[];
    /** The highest per (user, conversation); to be merged with the stored one by maximum. */
    readonly readMarks: readonly {
        userId: UserId;
        conversationId: ConversationId;
        readSeq: ConversationSeq;
    }[];
}
export interface ConversationHead {
    readonly conversationId: ConversationId;
    readonly head: ConversationSeq;
    readonly lastAt: number;
    /** Newest message of the batch; null when it holds none (keep the stored one). */
    readonly lastMessageSeq: ConversationSeq | null;
    /** New activeAt; null when the batch moves none (keep the stored one). */
    readonly activeAt: number | null;
}
/** Derives the tables' changes from events that are in order within each conversation. */
export declare function project(events: readonly Event[]): Projection;
