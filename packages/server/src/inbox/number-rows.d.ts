import type { Clock, Delivery, InboxRow, InboxStore } from '@tidemark/core';
import type { ServerEventBus } from '../server-events.ts';
import { type InboxSeq } from './inbox-seq.ts';
/**
 * Stage   4 inbox seq
 * In      deliveries: who is to find which event
 * Out     inbox rows: the same, each with the user's next seq
 * Keeps   P4 dense inbox, P5 entries of a conversation ascend with it, P6 counters are restored from the store
 * Proved  test/backplane/*, test/transfer/number-rows.test.ts, test/simulation/*, test/fault/redis-lost.services.test.ts
 *
 * Counters may be lost (restored from the store's heads) or stale (the store's unique key refuses the row; `afterConflict`
 * raises them). Seqs allocated for an attempt that did not commit number the same deliveries in the next one. Other
 * deliveries get new ones: the conversation has moved, and an entry of its new events must not stand below those that
 * another writer numbered meanwhile. What was allocated in vain is closed with voids in the same commit, so that no
 * reader has to wait for it.
 *
 * A counter can be restored too low: events that were numbered before it was lost reach the store after its head was
 * read. Nobody's seq is taken twice by that, but the next event of the same conversation would be numbered below the
 * last. So a seq of a counter that was restored lately is used only above the head that the store had after the states
 * were read which the deliveries follow from; by then it had all that came before them.
 */
export declare class RowNumbering {
    #private;
    constructor(seqs: InboxSeq, inbox: InboxStore, events: ServerEventBus, clock: Clock);
    /**
     * Numbers the deliveries in their order, and adds voids for seqs left over from an earlier attempt.
     *
     * @param areNews they follow from states just read, which may hold what another writer numbered
     */
    number(deliveries: readonly (Delivery & {
        readonly at: number;
    })[], areNews: boolean): Promise<InboxRow[]>;
    /** The rows of the last `number` are in the store. */
    committed(): void;
    /** A seq was taken: counters are brought up to the store, and only seqs above its heads are kept for the next attempt. */
    afterConflict(): Promise<void>;
}
