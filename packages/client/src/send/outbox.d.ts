/**
 * Stage   0 outbox: keeps what the user wants to say, and says it until it is stored
 * In      drafts
 * Out     `send` calls; receipts; drafts as shown on a screen
 * Keeps   P1 (kept first, sent again until receipt or final error, over restarts), P3 (always the same clientMessageId),
 *         P5 (one at a time and in order within a conversation), P11 (at most `parallel` calls at once)
 * Proved  packages/client/test/outbox.test.ts, outbox-lanes.property.test.ts, outbox-uploads.test.ts, tabs/
 *
 * Every tab keeps and shows drafts; the one that leads sends them.
 */
import { type CommandId, type Content, type ContentMap, type ConversationId, type IdSource, type JsonValue, type Receipt, type UserId } from '@tidemark/core';
import type { ClientEmitter } from '../client-events.ts';
import type { Connection } from '../connection/connection.ts';
import type { LocalReplica, RetryTiming } from '../local-store/local-replica.ts';
import type { Draft } from '../local-store/local-store.ts';
import type { MessagingTrpc } from '../messaging-trpc.ts';
import { type OutboxEntry } from './outbox-entries.ts';
import { type AnyAttachmentHooks } from './uploads.ts';
export interface Outbox {
    /** Loads the drafts of earlier runs, and keeps what was handed in before that. Idempotent. */
    start(): Promise<void>;
    /** Begins to send, until `term` aborts. @param replica writes for that term only */
    lead(term: AbortSignal, replica: LocalReplica): void;
    send(conversationId: ConversationId, message: Content<ContentMap>, options: {
        readonly clientMessageId?: string | undefined;
        readonly attachments?: readonly JsonValue[] | undefined;
    }): {
        id: CommandId;
        receipt: Promise<Receipt>;
    };
    /** Discards what only this tab knows of; false when it is for the one that leads. */
    discardUnkept(id: CommandId): Promise<boolean>;
    /** In the tab that leads. */
    retry(id: CommandId): Promise<void>;
    /** In the tab that leads. */
    discard(id: CommandId): Promise<void>;
    online(online: boolean): void;
    /** What is not here yet as a message, in the order of `send`. */
    entriesOf(conversationId: ConversationId): readonly OutboxEntry[];
    /** For the transaction of a snapshot: drafts that are stored by now, so that what follows from it holds them. */
    storedAtReset(): CommandId[];
    /** The drafts in the local store, read again: others may have come and gone unheard. */
    reconcile(drafts: readonly Draft[]): void;
    /** The tab that leads has got a receipt. */
    sentElsewhere(receipt: Receipt): void;
    progressElsewhere(id: CommandId, progress: readonly number[]): void;
    has(id: CommandId): boolean;
    /** Receipts whose messages are not here yet. */
    receipts(): Receipt[];
    close(error: Error): void;
    /** After `close`: nothing is shown any more. */
    forget(): void;
}
export interface OutboxOptions {
    readonly trpc: MessagingTrpc;
    readonly userId: UserId;
    readonly replica: LocalReplica;
    readonly events: ClientEmitter;
    readonly ids: IdSource;
    readonly timing: RetryTiming;
    readonly connection: Connection | undefined;
    readonly attachments: AnyAttachmentHooks | undefined;
    /** Conversations that send at the same time. */
    readonly parallel: number;
    /** After so long without an answer the outcome counts as unknown. */
    readonly timeoutMs: number;
    /** Another tab may have led before: what it sent may have passed. */
    readonly severalTabs: boolean;
    readonly closing: AbortSignal;
    readonly onChange: (conversationId: ConversationId) => void;
    /** Drafts are in the local store, for another tab to send. */
    readonly onKept: (ids: readonly CommandId[]) => void;
    /** For the other tabs. */
    readonly onSent: (receipt: Receipt) => void;
    readonly onProgress: (id: CommandId, progress: readonly number[]) => void;
}
export declare function createOutbox(options: OutboxOptions): Outbox;
