declare const brand: unique symbol;
type Brand<T, Name extends string> = T & {
    readonly [brand]: Name;
};
/** The application's own user id: 1–128 visible ASCII characters without a comma. Opaque to Tidemark. */
export type UserId = Brand<string, 'UserId'>;
/**
 * `d:<a>,<b>` the direct conversation of two users (sorted), `u:<user>` the conversation of a user alone,
 * `g:<ulid>` a group. The form says who may take part in the first two, so no look-up is needed to authorise them.
 */
export type ConversationId = Brand<string, 'ConversationId'>;
/** A ULID: 26 characters, sorts by the time the writer decided the message. */
export type MessageId = Brand<string, 'MessageId'>;
/**
 * Chosen by the client, unique per actor: what makes sending twice sending once. 1–64 visible ASCII characters.
 * A message's commandId is its `clientMessageId`.
 */
export type CommandId = Brand<string, 'CommandId'>;
/** Position in a user's inbox: 1, 2, 3 … without holes. */
export type Seq = Brand<number, 'Seq'>;
/** Position in a conversation: 1, 2, 3 … without holes. */
export type ConversationSeq = Brand<number, 'ConversationSeq'>;
/** Identity of an inbox store's contents: 1–32 letters and digits, made when the store is first opened. */
export type Epoch = Brand<string, 'Epoch'>;
/** `<epoch>:<seq>`: how far a device has got in its user's inbox. Opaque to applications. */
export type Cursor = Brand<string, 'Cursor'>;
/** One process of a deployment: 1–64 letters, digits, `-`. */
export type NodeId = Brand<string, 'NodeId'>;
export declare const USER_ID_RULE = "must be 1 to 128 visible ASCII characters without a comma";
/** For lists: without an error per id. */
export declare function isUserId(value: unknown): value is UserId;
export declare function parseUserId(value: unknown, field?: string): UserId;
export declare function parseCommandId(value: unknown, field?: string): CommandId;
export declare function parseConversationId(value: unknown, field?: string): ConversationId;
/** The conversation of two users; the same whoever asks. Throws `invalid_input` for a user and themselves. */
export declare function directConversationId(a: string, b: string): ConversationId;
/** The conversation of a user alone: notes to oneself, and what concerns only this user (read marks). */
export declare function selfConversationId(user: string): ConversationId;
/** Who takes part, for the kinds whose id says so; `undefined` for a group. */
export declare function participants(conversationId: string): readonly UserId[] | undefined;
/** The other user of a direct conversation, seen from `user`; `undefined` for other kinds. */
export declare function peerOf(conversationId: string, user: string): UserId | undefined;
/** Makes ids that sort by time, also within one millisecond. One source per process. */
export interface IdSource {
    messageId(at: number): MessageId;
    groupId(at: number): ConversationId;
    commandId(at: number): CommandId;
}
/** @param random seeded in tests; by default the platform's cryptographic source. */
export declare function createIdSource(random?: () => number): IdSource;
export declare function formatCursor(epoch: Epoch, seq: number): Cursor;
/** Throws `invalid_cursor` when the text was not made by {@link formatCursor}. */
export declare function parseCursor(value: unknown, field?: string): {
    epoch: Epoch;
    seq: Seq;
};
export {};
