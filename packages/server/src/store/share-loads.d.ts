import { type HistoryStore } from '@tidemark/core';
/**
 * States of conversations, read once for all batches of a round (see `Rounds`). A conversation has one partition, so no two
 * batches ask for the same. What fails as a defect is read again by each batch alone. Part of stage 3.
 *
 * Keeps   P7 a batch whose conversations cannot be read does not fail those it went with
 * Proved  test/store/share-loads.test.ts
 */
export declare function shareLoads(history: Pick<HistoryStore, 'load'>): HistoryStore['load'];
