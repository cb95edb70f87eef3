import { type Clock, type ConversationId, type ConversationState, type Event, type InboxRow, type Storage } from '@tidemark/core';
import type { RowNumbering } from '../inbox/number-rows.ts';
import type { ServerEventBus } from '../server-events.ts';
/**
 * Completes what a crash left half done. Part of stage 3.
 *
 *  - Killed after the commit, before it was announced, or its answer was lost: the entry comes again, its command is
 *    found, and its rows are announced now.
 *  - Killed between the two commits of a composed storage: the event is there, rows are missing, and they are added with
 *    new seqs. When the queue was lost as well, nobody repeats the command; so the newest events of a conversation are
 *    checked when a writer first loads it, before anything is numbered after them. And where nobody writes to it again, the
 *    history knows that it is unsettled.
 *
 * Keeps   P2 P5 for composed storages, P7
 * Proved  test/transfer/recovery.test.ts, test/fault/*
 */
export declare class Recovery {
    #private;
    constructor(options: {
        storage: Storage;
        clock: Clock;
        events: ServerEventBus;
        retention: number;
    });
    /**
     * Returns the events to announce once more, with their rows.
     *
     * @param repeats events of commands found again; an event may be there more than once
     * @param unsure they may never have been announced
     */
    complete(repeats: readonly Event[], unsure: boolean, numbering: RowNumbering): Promise<Completed>;
    /**
     * Checks the newest events of conversations just loaded, backwards until one is complete: rows are written in their
     * order (`InboxStore.append`), so none before it is missing. Atomic storages need none.
     */
    completeTails(partition: number, states: readonly ConversationState[], numbering: RowNumbering): Promise<void>;
    /** Adds the rows of unsettled events of the given conversations, where they are missing; all are settled then. */
    completeUnsettled(partition: number, isHere: (conversationId: ConversationId) => boolean, holdsLease: () => Promise<boolean>, numbering: RowNumbering): Promise<void>;
}
interface Completed {
    readonly events: readonly Event[];
    readonly rows: readonly InboxRow[];
}
export {};
