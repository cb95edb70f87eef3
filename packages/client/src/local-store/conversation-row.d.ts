import type { ConversationId, ConversationSummary, UserId } from '@tidemark/core';
/** A conversation as this device knows it: the summary of the server, moved on by the events since. */
export interface ConversationRow extends ConversationSummary {
    /** False after the user was removed or left: off the list, its messages kept. */
    readonly member: boolean;
    /**
     * The summary is not to be trusted and has to be fetched: `unknown` it was never known (not listed until it is),
     * `count` only the unread count is in doubt, `null` all is well.
     */
    readonly stale: 'unknown' | 'count' | null;
    /**
     * The visible events from..to are all here; `null` when none was loaded. The feed extends `to`, history pages
     * extend `from`.
     */
    readonly local: {
        readonly from: number;
        readonly to: number;
    } | null;
    /** Nothing older than `local.from` exists for this user. */
    readonly reachedStart: boolean;
    /** A read mark made here that the server has not confirmed yet; sent again until it has. */
    readonly unsentReadSeq: number | null;
}
export declare function rowOfSummary(summary: ConversationSummary, before?: ConversationRow): ConversationRow;
/** Without a mark that the server does not have and will not take: its own, which is not known then, has to be fetched. */
export declare function withoutUnsentMark(row: ConversationRow): ConversationRow;
/** Whether anything is known of the conversation but events: its summary, or its creation. */
export declare function isKnown(row: ConversationRow): boolean;
/** For a conversation that an event or the application names and nothing is known of. */
export declare function unknownConversation(conversationId: ConversationId, userId: UserId, member: boolean): ConversationRow;
