import { type CommandId, type ConversationId, type Event, type InboxEntry, type UserId } from '@tidemark/core';
import { type ConversationRow } from '../local-store/conversation-row.ts';
/** What a batch of entries changes locally. */
export interface Applied {
    readonly conversations: Map<ConversationId, ConversationRow>;
    readonly events: Event[];
    /** Drafts that came back as stored messages. */
    readonly removeDrafts: CommandId[];
    /** Conversations whose read mark moved: their unread count has to be counted anew from the local events. */
    readonly recount: Set<ConversationId>;
}
/**
 * Moves the rows on by the events of a batch. Pure. A row's summary may be newer than the feed's position (it was
 * fetched): an event with conversationSeq ≤ the row's head is already in its counts, and only its text is new.
 */
export declare function applyEntries(entries: readonly InboxEntry[], rows: ReadonlyMap<ConversationId, ConversationRow>, userId: UserId): Applied;
/** Read marks are folded into the rows, and would only pile up. */
export declare function isKept(event: Event): boolean;
/** An unsent read mark would be refused now; if the user comes back, the row is fetched. */
export declare function withoutMembership(row: ConversationRow): ConversationRow;
