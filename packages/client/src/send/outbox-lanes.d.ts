import type { CommandId, ConversationId } from '@tidemark/core';
/** What the outbox has to do next. */
export type LaneEffect = {
    readonly type: 'send';
    readonly conversationId: ConversationId;
    readonly id: CommandId;
}
/** Call `due` after the back-off of `attempt`, or earlier when the connection is back. */
 | {
    readonly type: 'wait';
    readonly conversationId: ConversationId;
    readonly attempt: number;
    readonly ticket: number;
};
/**
 * Which draft is sent when: in order within a conversation, one at a time; conversations side by side, at most `limit`. A
 * draft that is tried again holds up those behind it in its conversation and no others; one that is done or failed does
 * not. No time, no network: every call returns what follows from it.
 */
export interface OutboxLanes {
    add(conversationId: ConversationId, id: CommandId): LaneEffect[];
    /** The call ended. `again`: keep it in front and wait. Ignored for a draft that is not being sent. */
    settle(conversationId: ConversationId, id: CommandId, outcome: 'done' | 'again'): LaneEffect[];
    /** Discarded, failed for good, or known to be stored; also while its call is under way. */
    remove(conversationId: ConversationId, id: CommandId): LaneEffect[];
    due(conversationId: ConversationId, ticket: number): LaneEffect[];
    /** Nothing is sent while false. Turning true ends the waits, except of those that have failed repeatedly. */
    online(online: boolean): LaneEffect[];
}
export declare function createOutboxLanes(limit: number): OutboxLanes;
