import type { Content, ContentMap } from './content.ts';
import type { CommandId, ConversationId, ConversationSeq, MessageId, UserId } from './ids.ts';
interface MessageHead {
    readonly messageId: MessageId;
    /** The id the sender's device gave it; with senderId it identifies the message before there is a messageId. */
    readonly clientMessageId: CommandId;
    readonly conversationId: ConversationId;
    readonly conversationSeq: ConversationSeq;
    readonly senderId: UserId;
    /** Milliseconds since 1970, by the clock of the writer; never decreases within a conversation. */
    readonly at: number;
}
/** A stored message; narrow on `type` to get at the typed `content`. */
export type Message<C = ContentMap> = MessageHead & Content<C>;
/**
 * Proof that a message is stored: it and every member's inbox entry are committed in the durable store.
 * Sending the same (sender, clientMessageId) again returns the same receipt.
 */
export type Receipt = MessageHead;
export {};
