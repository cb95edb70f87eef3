import { type Clock, type ConversationId, type HistoryStore, type IdSource, type Random, type Storage } from '@tidemark/core';
import type { RowNumbering } from '../inbox/number-rows.ts';
import type { PartitionReader, StreamEntry } from '../ingress/ingress-stream.ts';
import type { Announcement } from '../notify/announcement.ts';
import type { ServerEventBus } from '../server-events.ts';
import { type ConversationCacheLimits } from './conversation-cache.ts';
import type { Recovery } from './recovery.ts';
import { type Refusals } from './refusals.ts';
/**
 * Stage   3 transfer
 * In      a batch of one partition, in order
 * Out     events with their conversationSeq, who receives them, and a reply per command
 * Keeps   P3 repeats are found by their command, P5 one writer numbers a conversation, P6 nothing is announced before
 *         the commit, P7 one bad command does not hold up the others, P12 the rules are asked again in order
 * Proved  test/transfer/*, test/e2e/*, test/fault/*
 *
 *     decide → recipients → allocate seqs → store.commit → publish + receipts → XDEL
 *
 * What is stored is told and acknowledged while the next batch begins.
 *
 * The first attempt trusts what this owner remembers. When the store disagrees (a conflict: another owner was faster, a
 * command was repeated, a seq is taken) or the outcome of an attempt is unknown, everything remembered is forgotten, the
 * batch's commands and conversations are looked up, and it runs again. What may pass is retried for as long as the
 * partition is ours; a defect is narrowed down to its command by halving the batch, and parked. A refusal is remembered for
 * all writers before it is told, so that no late copy of the command is carried out after all.
 */
export declare class Transfer {
    #private;
    constructor(partition: number, reader: PartitionReader, ports: TransferPorts);
    /**
     * Carries a batch out. Resolves when what it does is stored and what it cannot do is parked, or `signal` has aborted. While
     * that is told and acknowledged, the next batch may begin: see `told`.
     *
     * @throws what kept the batch before from being acknowledged, other than a service that cannot be reached
     */
    carryOut(entries: readonly StreamEntry[], signal: AbortSignal): Promise<void>;
    /** Resolves when what was carried out is told and acknowledged, or the signal of its batch has aborted. */
    told(): Promise<void>;
    /**
     * Finishes what a crash left half done and nobody asks for again. Now, and every UNSETTLED_EVERY ms; what cannot be
     * reached is asked for the next time.
     */
    completeUnsettled(): Promise<void>;
}
export interface TransferPorts {
    readonly partitionOf: (conversationId: ConversationId) => number;
    /**
     * Asked where the store's keys are no fence: when states were just read from it. A worker that lost its partition while
     * it was paused would decide by them, once more and otherwise, what its successor has refused.
     */
    readonly holdsLease: () => Promise<boolean>;
    readonly refusals: Refusals;
    readonly load: HistoryStore['load'];
    readonly storage: Storage;
    readonly numbering: RowNumbering;
    readonly recovery: Recovery;
    readonly announcement: Announcement;
    readonly events: ServerEventBus;
    readonly clock: Clock;
    readonly random: Random;
    readonly ids: IdSource;
    readonly inboxMembers: number;
    /** Bytes of one entry at most. */
    readonly commandBytes: number;
    /**
     * Whether this process has the kind of content. A process that was upgraded earlier may accept one that this one does not
     * have yet: its sender may try again.
     */
    readonly knowsContent: (type: string) => boolean;
    /** Times a command that fails as a defect is tried before it is parked. */
    readonly attempts: number;
    /** Of the partition. */
    readonly cache: ConversationCacheLimits;
}
