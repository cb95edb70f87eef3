import { type ConversationId, type HistoryStore, UnavailableError } from '@tidemark/core';
import { inOneTurn } from '../in-one-turn.ts';

/**
 * States of conversations, read once for all batches that pass a `BatchBarrier` together. A conversation has one partition, so no two
 * batches ask for the same. What fails as a defect is read again by each batch alone. Part of stage 3.
 *
 * Keeps   P7 a batch whose conversations cannot be read does not fail those it went with
 * Proved  test/store/share-loads.test.ts
 */
export function shareLoads(history: Pick<HistoryStore, 'load'>): HistoryStore['load'] {
  return inOneTurn((requests) => {
    const [only] = requests;
    if (only && requests.length === 1) return [history.load(only)];
    const all = history.load(requests.flat());
    return requests.map(async (own) => {
      try {
        return partOf(await all, own);
      } catch (error) {
        if (error instanceof UnavailableError) throw error;
        return history.load(own);
      }
    });
  });
}

function partOf<Key extends ConversationId, State>(all: ReadonlyMap<Key, State>, own: readonly Key[]): Map<Key, State> {
  const part = new Map<Key, State>();
  for (const key of own) {
    const state = all.get(key);
    if (state) part.set(key, state);
  }
  return part;
}
