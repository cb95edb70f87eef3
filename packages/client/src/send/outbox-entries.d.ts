import { type CommandId, type ConversationId, type Event, type MessageSent, type Receipt, TidemarkError, type UserId } from '@tidemark/core';
import type { ClientEmitter } from '../client-events.ts';
import type { Draft, LocalChanges } from '../local-store/local-store.ts';
import type { UploadingAttachment } from './uploads.ts';
/** The message was discarded by the application before it was stored. */
export declare class DraftDiscardedError extends Error {
    readonly name = "DraftDiscardedError";
}
/** A draft and what became of it. Replaced, never changed. */
export interface OutboxEntry {
    readonly draft: Draft;
    /** `sent`: stored by the server, not here yet as a message. */
    readonly status: 'pending' | 'sent' | 'failed';
    readonly receipt: Receipt | null;
    readonly error: TidemarkError | null;
    readonly attachments: readonly UploadingAttachment[];
}
/** An entry with what only this run knows. */
export interface Slot {
    entry: OutboxEntry;
    /**
     * `yes`: the feed may have passed the message already (sent in an earlier run, or a reset came in between): it will not
     * come by itself, and is fetched once the receipt tells where it is. `perhaps`: fetched when it does not come.
     */
    passed: 'no' | 'perhaps' | 'yes';
    /** Ends the upload under way. */
    upload: AbortController | undefined;
    /** The error that is being noted, with its cause, which the local store does not keep. */
    refusal: TidemarkError | undefined;
    readonly receipt: Promise<Receipt>;
    readonly resolve: (receipt: Receipt) => void;
    readonly reject: (error: Error) => void;
}
/**
 * What is not here yet as a message, with its receipts: the same in all tabs, moved on by what is committed to the local
 * store, whoever did it.
 */
export interface OutboxEntries {
    readonly slots: ReadonlyMap<CommandId, Slot>;
    /** Not kept yet, in the order of `send`. */
    readonly unkept: Set<Slot>;
    of(conversationId: ConversationId): readonly OutboxEntry[];
    add(draft: Draft, passed: Slot['passed']): Slot;
    /** Takes all out, to be put back with `readd` behind others. */
    takeAll(): Slot[];
    readd(slot: Slot): void;
    drop(slot: Slot): void;
    show(slot: Slot, change: Partial<OutboxEntry>): void;
    sent(slot: Slot, receipt: Receipt): void;
    /** The draft was put into the local store. */
    adopt(draft: Draft): void;
    notice(changes: LocalChanges, origin: 'here' | 'elsewhere'): void;
}
export declare function createOutboxEntries(options: {
    readonly userId: UserId;
    readonly events: ClientEmitter;
    readonly onChange: (conversationId: ConversationId) => void;
    /** A draft that was kept by another tab, or is to be sent again, is there. */
    readonly onAdopt: (slot: Slot) => void;
    readonly onDrop: (slot: Slot) => void;
}): OutboxEntries;
/** @param known progress so far, by index */
export declare function attachmentsOf({ attachments }: Draft, known: readonly number[]): UploadingAttachment[];
export declare function isMessage(event: Event, userId: UserId, id: CommandId): event is MessageSent;
export declare function receiptOf({ messageId, conversationId, conversationSeq, actorId, at }: MessageSent, id: CommandId): Receipt;
