import type { ConversationId, Event } from '@tidemark/core';
import type { ConversationRow } from '../local-store/conversation-row.ts';
import type { LocalEventsQuery } from '../local-store/local-store.ts';
import type { HistoryPage } from '../messaging-trpc.ts';
import { type MessageSpan } from './message-span.ts';
/** Where the messages of one conversation come from. */
export interface MessageSource {
    readonly conversationId: ConversationId;
    readonly row: () => ConversationRow | undefined;
    /** Of the local store. */
    readonly events: (query: LocalEventsQuery) => Promise<Event[]>;
    /** Resolves when the local store is loaded. */
    readonly ready: () => Promise<void>;
    /** Brings the page before what is local into the local store; false when the conversation does not exist. */
    readonly fetchOlder: () => Promise<boolean>;
    /** A page from the server that is not kept; `undefined` when the conversation does not exist. */
    readonly fetchPage: (query: LocalEventsQuery) => Promise<HistoryPage | undefined>;
    readonly pageSize: number;
    /** Messages kept in memory. */
    readonly windowSize: number;
}
/**
 * The part of a conversation that is in memory. It is moved by pages and never grows beyond `windowSize` (and a page): what
 * leaves at one end is loaded again when it is asked for. The local store has one stretch of a conversation, up to the
 * newest event; a window around something older is read from the server, page by page, until it meets that stretch.
 */
export interface MessageWindow {
    readonly span: MessageSpan | undefined;
    /** False when the server does not know the conversation. */
    readonly exists: boolean;
    readonly hasOlder: boolean;
    readonly loading: boolean;
    older(): Promise<void>;
    newer(): Promise<void>;
    newest(): Promise<void>;
    around(conversationSeq: number): Promise<void>;
    /** A committed change of the local store. */
    takeIn(events: readonly Event[]): void;
    /** Drops everything; loads under way come to nothing, but for `around`, which begins again. */
    forget(): void;
}
export declare function createMessageWindow(source: MessageSource, onChange: () => void): MessageWindow;
