import type { Content, ContentMap } from './content.ts';
import type { ConversationKind } from './conversation.ts';
import type { CommandId, ConversationId, ConversationSeq, MessageId, UserId } from './ids.ts';
import type { Message } from './message.ts';
interface EventHead {
    readonly conversationId: ConversationId;
    readonly conversationSeq: ConversationSeq;
    /** Who caused it. */
    readonly actorId: UserId;
    /**
     * The command that caused it; unique per actor. `null` for an event that a command brought along
     * (the creation of a direct conversation by its first message).
     */
    readonly commandId: CommandId | null;
    /** Milliseconds since 1970, by the clock of the writer; never decreases within a conversation. */
    readonly at: number;
}
/** A message was sent. Its clientMessageId is the event's commandId, its sender the actor. */
export type MessageSent<C = ContentMap> = EventHead & {
    readonly type: 'message.sent';
    readonly messageId: MessageId;
    readonly message: Content<C>;
};
export interface ConversationCreated extends EventHead {
    readonly type: 'conversation.created';
    readonly kind: ConversationKind;
    readonly title: string | null;
    /** The first members, the creator among them. */
    readonly memberIds: readonly UserId[];
}
export interface MembersAdded extends EventHead {
    readonly type: 'members.added';
    readonly memberIds: readonly UserId[];
}
/** Members were removed, or one left (memberIds is the actor alone). They receive this event and none after it. */
export interface MembersRemoved extends EventHead {
    readonly type: 'members.removed';
    readonly memberIds: readonly UserId[];
}
/**
 * The actor has read `of` up to `readSeq`. It lives in the conversation of that user alone, since it concerns nobody
 * else: their other devices learn it through the same inbox as everything.
 */
export interface ReadMarked extends EventHead {
    readonly type: 'read.marked';
    readonly of: ConversationId;
    readonly readSeq: ConversationSeq;
}
/** What happened in a conversation, in the order of conversationSeq. The log of events is the truth; tables follow. */
export type Event<C = ContentMap> = MessageSent<C> | ConversationCreated | MembersAdded | MembersRemoved | ReadMarked;
export type EventType = Event['type'];
/** Points at an event of the log. */
export interface EventRef {
    readonly conversationId: ConversationId;
    readonly conversationSeq: ConversationSeq;
}
/** The place of an event as a key of maps; the same for events and references to them. */
export declare function refKey({ conversationId, conversationSeq }: EventRef): string;
/** The message an event carries, in the flat shape of lists and screens. */
export declare function messageOf<C>(event: MessageSent<C>): Message<C>;
export {};
