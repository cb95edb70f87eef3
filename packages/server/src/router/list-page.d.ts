import { type ConversationId, type ConversationSeq, type UserId } from '@tidemark/core';
/** Where a page of the conversation list ends; opaque to clients. */
interface Place {
    readonly activeAt: number;
    readonly conversationId: ConversationId;
}
export declare function encodePage({ activeAt, conversationId }: Place): string;
/** Throws `invalid_input` for what {@link encodePage} did not make. */
export declare function decodePage(page: string): Place;
/** Where a page of a group's members ends; opaque to clients. */
interface MemberPlace {
    readonly joinedSeq: ConversationSeq;
    readonly userId: UserId;
}
export declare function encodeMemberPage({ joinedSeq, userId }: MemberPlace): string;
/** Throws `invalid_input` for what {@link encodeMemberPage} did not make. */
export declare function decodeMemberPage(page: string): MemberPlace;
/** The order of members: as they joined. */
export declare function byJoining(a: MemberPlace, b: MemberPlace): number;
export {};
