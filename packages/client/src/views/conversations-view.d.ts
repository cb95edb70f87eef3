import { type ContentMap, type ConversationId, type ConversationKind, type UserId } from '@tidemark/core';
import { type ConversationRow } from '../local-store/conversation-row.ts';
import type { LocalChanges } from '../local-store/local-store.ts';
import type { Reader, ReceivedMessage } from '../received.ts';
import { type View } from './view.ts';
/** A conversation in the list. The same object until something of it changes. */
export interface ConversationItem<C> {
    readonly conversationId: ConversationId;
    readonly kind: ConversationKind;
    readonly title: string | null;
    /** The other user of a direct conversation. */
    readonly peer: UserId | null;
    readonly lastMessage: ReceivedMessage<C> | null;
    /** Messages above the read mark whose sender is someone else. */
    readonly unread: number;
    readonly readSeq: number;
    /** conversationSeq of the newest event known. */
    readonly head: number;
    /** When the newest message was sent, or the conversation was created; ms since 1970. */
    readonly activeAt: number;
}
type Item = ConversationItem<ContentMap>;
export interface ConversationsView {
    readonly list: View<readonly Item[]>;
    /** Unread messages over the list. */
    readonly unread: View<number>;
    /**
     * One line of the list, also while it isn't listed: `null` until the conversation is known, and not only messages of it,
     * so that what is unread is right from the first.
     */
    itemView(conversationId: ConversationId): View<Item | null>;
    /** Begins anew with these rows. */
    reset(rows: Iterable<ConversationRow>): void;
    /** Takes in a committed change; what it costs depends on the change, not on the length of the list. */
    update(changes: LocalChanges): void;
}
export declare function createConversationsView(userId: UserId, reader: Reader): ConversationsView;
export {};
