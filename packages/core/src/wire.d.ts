/**
 * The wire: every shape that crosses between processes or to clients, as zod schemas. Changing one changes PROTOCOL.md;
 * a test holds the hash of this file's schemas so that it cannot happen by accident.
 */
import { z } from 'zod';
import { type CommandId, type ConversationId, type ConversationSeq, type Cursor, type MessageId, type Seq, type UserId } from './ids.ts';
import { type JsonObject } from './json.ts';
/** Version of the wire. Raised when a client of the version before would misread something. */
export declare const WIRE_VERSION = 1;
export declare const userId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
export declare const commandId: z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>;
export declare const conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
export declare const cursor: z.ZodType<Cursor, string, z.core.$ZodTypeInternals<Cursor, string>>;
export declare const conversationSeq: z.ZodType<ConversationSeq, number>;
export declare const sendInput: z.ZodObject<{
    conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
    clientMessageId: z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>;
    type: z.ZodString;
    content: z.ZodUnknown;
    retry: z.ZodOptional<z.ZodNumber>;
}, z.core.$strict>;
export declare const noInput: z.ZodUndefined;
export declare const sinceInput: z.ZodObject<{
    cursor: z.ZodOptional<z.ZodNullable<z.ZodType<Cursor, string, z.core.$ZodTypeInternals<Cursor, string>>>>;
    limit: z.ZodOptional<z.ZodNumber>;
}, z.core.$strict>;
/** `lastEventId` is filled in by tRPC when it resumes a tracked subscription. */
export declare const feedInput: z.ZodOptional<z.ZodObject<{
    cursor: z.ZodOptional<z.ZodNullable<z.ZodType<Cursor, string, z.core.$ZodTypeInternals<Cursor, string>>>>;
    lastEventId: z.ZodOptional<z.ZodNullable<z.ZodType<Cursor, string, z.core.$ZodTypeInternals<Cursor, string>>>>;
}, z.core.$strict>>;
export declare const conversationInput: z.ZodObject<{
    conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
}, z.core.$strict>;
export declare const memberListInput: z.ZodObject<{
    limit: z.ZodOptional<z.ZodNumber>;
    page: z.ZodOptional<z.ZodNullable<z.ZodString>>;
    conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
}, z.core.$strict>;
export declare const openDirectInput: z.ZodObject<{
    userId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
}, z.core.$strict>;
/** @param inboxMembers how many ids are looked at; of more, none is */
export declare const createGroupInput: (inboxMembers: number) => z.ZodObject<{
    title: z.ZodOptional<z.ZodNullable<z.ZodString>>;
    memberIds: z.ZodType<UserId[], string[], z.core.$ZodTypeInternals<UserId[], string[]>>;
    commandId: z.ZodOptional<z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>>;
}, z.core.$strict>;
export declare const membersInput: (inboxMembers: number) => z.ZodObject<{
    conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
    memberIds: z.ZodType<UserId[], string[], z.core.$ZodTypeInternals<UserId[], string[]>>;
    commandId: z.ZodOptional<z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>>;
}, z.core.$strict>;
export declare const leaveInput: z.ZodObject<{
    conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
    commandId: z.ZodOptional<z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>>;
}, z.core.$strict>;
export declare const listInput: z.ZodOptional<z.ZodObject<{
    limit: z.ZodOptional<z.ZodNumber>;
    page: z.ZodOptional<z.ZodNullable<z.ZodString>>;
}, z.core.$strict>>;
export declare const historyInput: z.ZodObject<{
    conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
    after: z.ZodOptional<z.ZodNumber>;
    before: z.ZodOptional<z.ZodNumber>;
    limit: z.ZodOptional<z.ZodNumber>;
}, z.core.$strict>;
export declare const markReadInput: z.ZodObject<{
    conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
    readSeq: z.ZodType<ConversationSeq, number, z.core.$ZodTypeInternals<ConversationSeq, number>>;
}, z.core.$strict>;
export declare const event: z.ZodDiscriminatedUnion<[z.ZodObject<{
    messageId: z.ZodType<MessageId, string, z.core.$ZodTypeInternals<MessageId, string>>;
    message: z.ZodObject<{
        type: z.ZodString;
        content: z.ZodCustom<JsonObject, JsonObject>;
    }, z.core.$strip>;
    conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
    conversationSeq: z.ZodType<ConversationSeq, number, z.core.$ZodTypeInternals<ConversationSeq, number>>;
    actorId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
    commandId: z.ZodNullable<z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>>;
    at: z.ZodNumber;
    type: z.ZodLiteral<"message.sent">;
}, z.core.$strip>, z.ZodObject<{
    kind: z.ZodEnum<{
        direct: "direct";
        group: "group";
        self: "self";
    }>;
    title: z.ZodNullable<z.ZodString>;
    memberIds: z.ZodType<UserId[], string[], z.core.$ZodTypeInternals<UserId[], string[]>>;
    conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
    conversationSeq: z.ZodType<ConversationSeq, number, z.core.$ZodTypeInternals<ConversationSeq, number>>;
    actorId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
    commandId: z.ZodNullable<z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>>;
    at: z.ZodNumber;
    type: z.ZodLiteral<"conversation.created">;
}, z.core.$strip>, z.ZodObject<{
    memberIds: z.ZodType<UserId[], string[], z.core.$ZodTypeInternals<UserId[], string[]>>;
    conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
    conversationSeq: z.ZodType<ConversationSeq, number, z.core.$ZodTypeInternals<ConversationSeq, number>>;
    actorId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
    commandId: z.ZodNullable<z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>>;
    at: z.ZodNumber;
    type: z.ZodLiteral<"members.added">;
}, z.core.$strip>, z.ZodObject<{
    memberIds: z.ZodType<UserId[], string[], z.core.$ZodTypeInternals<UserId[], string[]>>;
    conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
    conversationSeq: z.ZodType<ConversationSeq, number, z.core.$ZodTypeInternals<ConversationSeq, number>>;
    actorId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
    commandId: z.ZodNullable<z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>>;
    at: z.ZodNumber;
    type: z.ZodLiteral<"members.removed">;
}, z.core.$strip>, z.ZodObject<{
    of: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
    readSeq: z.ZodType<ConversationSeq, number, z.core.$ZodTypeInternals<ConversationSeq, number>>;
    conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
    conversationSeq: z.ZodType<ConversationSeq, number, z.core.$ZodTypeInternals<ConversationSeq, number>>;
    actorId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
    commandId: z.ZodNullable<z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>>;
    at: z.ZodNumber;
    type: z.ZodLiteral<"read.marked">;
}, z.core.$strip>], "type">;
export declare const inboxEntry: z.ZodObject<{
    seq: z.ZodType<Seq, number, z.core.$ZodTypeInternals<Seq, number>>;
    event: z.ZodNullable<z.ZodDiscriminatedUnion<[z.ZodObject<{
        messageId: z.ZodType<MessageId, string, z.core.$ZodTypeInternals<MessageId, string>>;
        message: z.ZodObject<{
            type: z.ZodString;
            content: z.ZodCustom<JsonObject, JsonObject>;
        }, z.core.$strip>;
        conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
        conversationSeq: z.ZodType<ConversationSeq, number, z.core.$ZodTypeInternals<ConversationSeq, number>>;
        actorId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
        commandId: z.ZodNullable<z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>>;
        at: z.ZodNumber;
        type: z.ZodLiteral<"message.sent">;
    }, z.core.$strip>, z.ZodObject<{
        kind: z.ZodEnum<{
            direct: "direct";
            group: "group";
            self: "self";
        }>;
        title: z.ZodNullable<z.ZodString>;
        memberIds: z.ZodType<UserId[], string[], z.core.$ZodTypeInternals<UserId[], string[]>>;
        conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
        conversationSeq: z.ZodType<ConversationSeq, number, z.core.$ZodTypeInternals<ConversationSeq, number>>;
        actorId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
        commandId: z.ZodNullable<z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>>;
        at: z.ZodNumber;
        type: z.ZodLiteral<"conversation.created">;
    }, z.core.$strip>, z.ZodObject<{
        memberIds: z.ZodType<UserId[], string[], z.core.$ZodTypeInternals<UserId[], string[]>>;
        conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
        conversationSeq: z.ZodType<ConversationSeq, number, z.core.$ZodTypeInternals<ConversationSeq, number>>;
        actorId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
        commandId: z.ZodNullable<z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>>;
        at: z.ZodNumber;
        type: z.ZodLiteral<"members.added">;
    }, z.core.$strip>, z.ZodObject<{
        memberIds: z.ZodType<UserId[], string[], z.core.$ZodTypeInternals<UserId[], string[]>>;
        conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
        conversationSeq: z.ZodType<ConversationSeq, number, z.core.$ZodTypeInternals<ConversationSeq, number>>;
        actorId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
        commandId: z.ZodNullable<z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>>;
        at: z.ZodNumber;
        type: z.ZodLiteral<"members.removed">;
    }, z.core.$strip>, z.ZodObject<{
        of: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
        readSeq: z.ZodType<ConversationSeq, number, z.core.$ZodTypeInternals<ConversationSeq, number>>;
        conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
        conversationSeq: z.ZodType<ConversationSeq, number, z.core.$ZodTypeInternals<ConversationSeq, number>>;
        actorId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
        commandId: z.ZodNullable<z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>>;
        at: z.ZodNumber;
        type: z.ZodLiteral<"read.marked">;
    }, z.core.$strip>], "type">>;
}, z.core.$strip>;
export declare const feedItem: z.ZodDiscriminatedUnion<[z.ZodObject<{
    type: z.ZodLiteral<"entries">;
    entries: z.ZodArray<z.ZodObject<{
        seq: z.ZodType<Seq, number, z.core.$ZodTypeInternals<Seq, number>>;
        event: z.ZodNullable<z.ZodDiscriminatedUnion<[z.ZodObject<{
            messageId: z.ZodType<MessageId, string, z.core.$ZodTypeInternals<MessageId, string>>;
            message: z.ZodObject<{
                type: z.ZodString;
                content: z.ZodCustom<JsonObject, JsonObject>;
            }, z.core.$strip>;
            conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
            conversationSeq: z.ZodType<ConversationSeq, number, z.core.$ZodTypeInternals<ConversationSeq, number>>;
            actorId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
            commandId: z.ZodNullable<z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>>;
            at: z.ZodNumber;
            type: z.ZodLiteral<"message.sent">;
        }, z.core.$strip>, z.ZodObject<{
            kind: z.ZodEnum<{
                direct: "direct";
                group: "group";
                self: "self";
            }>;
            title: z.ZodNullable<z.ZodString>;
            memberIds: z.ZodType<UserId[], string[], z.core.$ZodTypeInternals<UserId[], string[]>>;
            conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
            conversationSeq: z.ZodType<ConversationSeq, number, z.core.$ZodTypeInternals<ConversationSeq, number>>;
            actorId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
            commandId: z.ZodNullable<z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>>;
            at: z.ZodNumber;
            type: z.ZodLiteral<"conversation.created">;
        }, z.core.$strip>, z.ZodObject<{
            memberIds: z.ZodType<UserId[], string[], z.core.$ZodTypeInternals<UserId[], string[]>>;
            conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
            conversationSeq: z.ZodType<ConversationSeq, number, z.core.$ZodTypeInternals<ConversationSeq, number>>;
            actorId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
            commandId: z.ZodNullable<z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>>;
            at: z.ZodNumber;
            type: z.ZodLiteral<"members.added">;
        }, z.core.$strip>, z.ZodObject<{
            memberIds: z.ZodType<UserId[], string[], z.core.$ZodTypeInternals<UserId[], string[]>>;
            conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
            conversationSeq: z.ZodType<ConversationSeq, number, z.core.$ZodTypeInternals<ConversationSeq, number>>;
            actorId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
            commandId: z.ZodNullable<z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>>;
            at: z.ZodNumber;
            type: z.ZodLiteral<"members.removed">;
        }, z.core.$strip>, z.ZodObject<{
            of: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
            readSeq: z.ZodType<ConversationSeq, number, z.core.$ZodTypeInternals<ConversationSeq, number>>;
            conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
            conversationSeq: z.ZodType<ConversationSeq, number, z.core.$ZodTypeInternals<ConversationSeq, number>>;
            actorId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
            commandId: z.ZodNullable<z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>>;
            at: z.ZodNumber;
            type: z.ZodLiteral<"read.marked">;
        }, z.core.$strip>], "type">>;
    }, z.core.$strip>>;
    head: z.ZodOptional<z.ZodType<Seq, number, z.core.$ZodTypeInternals<Seq, number>>>;
    feed: z.ZodOptional<z.ZodObject<{
        userId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
        limits: z.ZodObject<{
            contentBytes: z.ZodNumber;
            frameBytes: z.ZodNumber;
        }, z.core.$strip>;
    }, z.core.$strip>>;
}, z.core.$strip>, z.ZodObject<{
    type: z.ZodLiteral<"reset">;
    reason: z.ZodEnum<{
        new: "new";
        epoch: "epoch";
        floor: "floor";
        ahead: "ahead";
    }>;
    cursor: z.ZodType<Cursor, string, z.core.$ZodTypeInternals<Cursor, string>>;
    feed: z.ZodOptional<z.ZodObject<{
        userId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
        limits: z.ZodObject<{
            contentBytes: z.ZodNumber;
            frameBytes: z.ZodNumber;
        }, z.core.$strip>;
    }, z.core.$strip>>;
}, z.core.$strip>, z.ZodObject<{
    type: z.ZodLiteral<"live">;
    cursor: z.ZodType<Cursor, string, z.core.$ZodTypeInternals<Cursor, string>>;
    feed: z.ZodOptional<z.ZodObject<{
        userId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
        limits: z.ZodObject<{
            contentBytes: z.ZodNumber;
            frameBytes: z.ZodNumber;
        }, z.core.$strip>;
    }, z.core.$strip>>;
}, z.core.$strip>], "type">;
export declare const receipt: z.ZodObject<{
    messageId: z.ZodType<MessageId, string, z.core.$ZodTypeInternals<MessageId, string>>;
    clientMessageId: z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>;
    conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
    conversationSeq: z.ZodType<ConversationSeq, number, z.core.$ZodTypeInternals<ConversationSeq, number>>;
    senderId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
    at: z.ZodNumber;
}, z.core.$strip>;
export declare const message: z.ZodObject<{
    type: z.ZodString;
    content: z.ZodCustom<JsonObject, JsonObject>;
    messageId: z.ZodType<MessageId, string, z.core.$ZodTypeInternals<MessageId, string>>;
    clientMessageId: z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>;
    conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
    conversationSeq: z.ZodType<ConversationSeq, number, z.core.$ZodTypeInternals<ConversationSeq, number>>;
    senderId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
    at: z.ZodNumber;
}, z.core.$strip>;
export declare const conversationSummary: z.ZodObject<{
    conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
    kind: z.ZodEnum<{
        direct: "direct";
        group: "group";
        self: "self";
    }>;
    title: z.ZodNullable<z.ZodString>;
    createdBy: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
    createdAt: z.ZodNumber;
    head: z.ZodType<ConversationSeq, number, z.core.$ZodTypeInternals<ConversationSeq, number>>;
    joinedSeq: z.ZodType<ConversationSeq, number, z.core.$ZodTypeInternals<ConversationSeq, number>>;
    readSeq: z.ZodNumber;
    unread: z.ZodNumber;
    lastMessage: z.ZodNullable<z.ZodObject<{
        type: z.ZodString;
        content: z.ZodCustom<JsonObject, JsonObject>;
        messageId: z.ZodType<MessageId, string, z.core.$ZodTypeInternals<MessageId, string>>;
        clientMessageId: z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>;
        conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
        conversationSeq: z.ZodType<ConversationSeq, number, z.core.$ZodTypeInternals<ConversationSeq, number>>;
        senderId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
        at: z.ZodNumber;
    }, z.core.$strip>>;
    activeAt: z.ZodNumber;
}, z.core.$strip>;
export declare const command: z.ZodDiscriminatedUnion<[z.ZodObject<{
    message: z.ZodObject<{
        type: z.ZodString;
        content: z.ZodCustom<JsonObject, JsonObject>;
    }, z.core.$strip>;
    retry: z.ZodOptional<z.ZodNumber>;
    conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
    actorId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
    commandId: z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>;
    type: z.ZodLiteral<"message.send">;
}, z.core.$strip>, z.ZodObject<{
    kind: z.ZodEnum<{
        direct: "direct";
        group: "group";
        self: "self";
    }>;
    title: z.ZodNullable<z.ZodString>;
    memberIds: z.ZodType<UserId[], string[], z.core.$ZodTypeInternals<UserId[], string[]>>;
    conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
    actorId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
    commandId: z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>;
    type: z.ZodLiteral<"conversation.create">;
}, z.core.$strip>, z.ZodObject<{
    memberIds: z.ZodType<UserId[], string[], z.core.$ZodTypeInternals<UserId[], string[]>>;
    conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
    actorId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
    commandId: z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>;
    type: z.ZodLiteral<"members.add">;
}, z.core.$strip>, z.ZodObject<{
    memberIds: z.ZodType<UserId[], string[], z.core.$ZodTypeInternals<UserId[], string[]>>;
    conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
    actorId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
    commandId: z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>;
    type: z.ZodLiteral<"members.remove">;
}, z.core.$strip>, z.ZodObject<{
    of: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
    readSeq: z.ZodType<ConversationSeq, number, z.core.$ZodTypeInternals<ConversationSeq, number>>;
    conversationId: z.ZodType<ConversationId, string, z.core.$ZodTypeInternals<ConversationId, string>>;
    actorId: z.ZodType<UserId, string, z.core.$ZodTypeInternals<UserId, string>>;
    commandId: z.ZodType<CommandId, string, z.core.$ZodTypeInternals<CommandId, string>>;
    type: z.ZodLiteral<"read.mark">;
}, z.core.$strip>], "type">;
/**
 * Parses `value` or throws `invalid_input` (or the code an id parser asks for) naming the first offending field.
 * The one place where a zod issue becomes an error of the table.
 */
export declare function parseWire<T>(schema: z.ZodType<T>, value: unknown): T;
