import type { Event, UserId } from '@tidemark/core';
import type { ConversationRow } from '../local-store/conversation-row.ts';
import type { LocalReplica } from '../local-store/local-replica.ts';
/**
 * The row with its unread count (P13: messages above the read mark, since the user joined, whose sender is someone else)
 * counted anew from local events; marked stale when not all of them are here. `pending` are events of the same transaction.
 */
export declare function recountUnread(row: ConversationRow, replica: LocalReplica, userId: UserId, pending?: readonly Event[]): Promise<ConversationRow>;
/** Events of (after, row.head], stored or pending. Above the head are only events that the counts do not know yet. */
export declare function eventsAbove(row: ConversationRow, after: number, replica: LocalReplica, pending?: readonly Event[]): Promise<Event[]>;
export declare function countUnread(events: readonly Event[], userId: UserId): number;
