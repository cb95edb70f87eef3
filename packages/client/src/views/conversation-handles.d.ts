import type { ConversationId } from '@tidemark/core';
import type { LiveMessagesView } from './messages-view.ts';
interface Entry<H> {
    readonly handle: H;
    readonly messages: LiveMessagesView;
}
/** Says when a messages view is to be kept. */
export interface Usage {
    readonly onUse: () => void;
    readonly onIdle: () => void;
}
/**
 * The handles that were given out. One is the same object for as long as anybody has it, and is freed when nobody does;
 * one whose messages are looked at is held here, and so are the few that were looked at last.
 */
export interface ConversationHandles<H> {
    get(conversationId: ConversationId): H;
    /** The messages view of the conversation, if anybody can have it. */
    messagesOf(conversationId: ConversationId): LiveMessagesView | undefined;
    all(): Iterable<LiveMessagesView>;
}
export declare function createConversationHandles<H>(make: (conversationId: ConversationId, usage: Usage) => Entry<H>): ConversationHandles<H>;
export {};
