import type { Content, ContentMap } from './content.ts';
import type { ConversationKind } from './conversation.ts';
import type { CommandId, ConversationId, ConversationSeq, MessageId, UserId } from './ids.ts';
interface CommandHead {
    /** The conversation whose writer decides it. */
    readonly conversationId: ConversationId;
    readonly actorId: UserId;
    readonly commandId: CommandId;
}
export type SendMessage = CommandHead & {
    readonly type: 'message.send';
    readonly message: Content<ContentMap>;
    /**
     * How many times the sender has taken the message up again after it was refused for good; absent: 0. What was refused
     * stays refused for every copy of the same intention, and a later one is decided anew.
     */
    readonly retry?: number | undefined;
};
export type CreateConversation = CommandHead & {
    readonly type: 'conversation.create';
    readonly kind: ConversationKind;
    readonly title: string | null;
    /** Beside the actor, who is always a member. */
    readonly memberIds: readonly UserId[];
};
export type AddMembers = CommandHead & {
    readonly type: 'members.add';
    readonly memberIds: readonly UserId[];
};
export type RemoveMembers = CommandHead & {
    readonly type: 'members.remove';
    readonly memberIds: readonly UserId[];
};
export type MarkRead = CommandHead & {
    readonly type: 'read.mark';
    readonly of: ConversationId;
    readonly readSeq: ConversationSeq;
};
/** An intention, already parsed and authorised by a router; the writer of the conversation decides it in order. */
export type Command = SendMessage | CreateConversation | AddMembers | RemoveMembers | MarkRead;
/** Which taking-up of its intention this is; see `SendMessage.retry`. */
export declare function retryOf(command: Command): number;
/** What became of a command that was carried out. */
export interface CommandResult {
    readonly conversationId: ConversationId;
    /** Of its event; for a command that changed nothing (a repeat of a state), the conversation's head. */
    readonly conversationSeq: ConversationSeq;
    readonly at: number;
    /** Messages only. */
    readonly messageId: MessageId | null;
}
export {};
