import {
  type Clock,
  type ConversationId,
  parseErrorText,
  type RefusalStore,
  type RefusedCommand,
  TidemarkError,
} from '@tidemark/core';
import { inOneTurn } from '../in-one-turn.ts';
import { REFUSALS_KEPT, type Refusal, type Refusals } from './refusals.ts';

/**
 * Refusals that outlive the processes and the queue: the store's, beside those that the processes share. Part of stage 3.
 *
 * The store is written when something is refused, and read when a writer begins with a partition, once for all that begin in
 * one turn of the event loop: whoever is at work remembers what it refused itself, and hears of others through the backplane.
 * Accepting a command asks nothing of it.
 *
 * Keeps   what was refused stays refused, for `retentionMs`; of more than REFUSALS_KEPT in the store the newest
 * Proved  test/transfer/durable-refusals.test.ts, test/fault/refusals-remembered.services.test.ts
 */
export function durableRefusals(options: DurableRefusalsOptions): Refusals {
  const { shared, store, clock, retentionMs, partitionOf } = options;
  const newest = inOneTurn<void, readonly RefusedCommand[]>((requests) => {
    const rows = store.newestRefusals(clock.now() - retentionMs, REFUSALS_KEPT);
    return requests.map(() => rows);
  });
  return {
    remember: async (partition, refusals) => {
      const at = clock.now();
      await store.keepRefusals(
        refusals.map(({ actorId, commandId, conversationId, retry, error }) => ({
          actorId,
          commandId,
          conversationId,
          retry,
          text: error.message,
          at,
        })),
      );
      await shared.remember(partition, refusals);
    },

    since: async (partition, position) => {
      if (position !== undefined) {
        const { refusals, position: next } = await shared.since(partition, position.slice(1) || undefined);
        return { refusals, position: `.${next ?? ''}` };
      }
      const [{ refusals, position: next }, rows] = await Promise.all([shared.since(partition, undefined), newest()]);
      const stored = rows.filter(({ conversationId }) => partitionOf(conversationId) === partition).map(refusalOf);
      // A later intention stands above an earlier one, from wherever it is.
      const all = [...stored, ...refusals].sort((a, b) => a.retry - b.retry);
      return { refusals: all, position: `.${next ?? ''}` };
    },
  };
}

export interface DurableRefusalsOptions {
  /** Those of the backplane. */
  readonly shared: Refusals;
  readonly store: RefusalStore;
  readonly clock: Clock;
  readonly retentionMs: number;
  readonly partitionOf: (conversationId: ConversationId) => number;
}

function refusalOf({ actorId, commandId, retry, text }: RefusedCommand): Refusal {
  const error = parseErrorText(text) ?? new TidemarkError('dead_lettered', text);
  return { actorId, commandId, retry, error };
}
