import { DeploymentError } from '../errors.ts';
import type { EventRef } from '../event-ref.ts';
import type { Event } from '../features/events.ts';
import type { ConflictOutcome } from './conflict-outcome.ts';
import type { HistoryStore } from './history-store.ts';
import type { InboxRow, InboxStore } from './inbox-store.ts';
import { type Survives, weakestOf } from './survives.ts';

/** What one batch of the writer leaves behind: the events, and who finds them at which seq. */
export interface CommitBatch {
  readonly events: readonly Event[];
  readonly rows: readonly InboxRow[];
}

/** Differences between adapters, as data. */
export interface StorageCapabilities {
  /** For logs and docs. */
  readonly name: string;
  /** Whether `commit` writes events and rows in one transaction: all or nothing. */
  readonly atomic: boolean;
  /** What a resolved commit survives. */
  readonly survives: Survives;
}

/** Both roles behind one commit. SQL adapters are a Storage by themselves; others are composed of two stores. */
export interface Storage {
  readonly capabilities: StorageCapabilities;
  readonly history: HistoryStore;
  readonly inbox: InboxStore;
  open(): Promise<void>;
  close(): Promise<void>;
  commit(batch: CommitBatch): Promise<ConflictOutcome>;
  /** Does what a commit does, with rows that it takes back; see `HistoryStore.probe`. */
  probe(): Promise<void>;
}

/**
 * History in one store, inbox in another. History is committed first: an event without its rows is completed when the
 * batch is repeated (its commands are found, the missing rows are added), while rows without their event would be
 * visible before they are durable. The history remembers which events have no rows yet, for batches that nobody repeats;
 * that they have them it learns with the next batch. A commit survives what both stores do.
 */
export function composeStorage(stores: { history: HistoryStore; inbox: InboxStore }): Storage {
  const { history, inbox } = stores;
  const delivered: EventRef[] = [];
  return {
    capabilities: { name: 'composed', atomic: false, survives: weakestOf([history.survives, inbox.survives]) },
    history,
    inbox,
    open: async () => {
      await Promise.all([history.open(), inbox.open()]);
      const identity = await history.identity();
      const bound = await inbox.bind(identity);
      if (bound !== identity) {
        throw new DeploymentError(
          [{ what: 'the history of the inbox store', here: identity, there: bound }],
          'Its rows refer to events that this history does not have: open the inbox with its own history, or give this one an empty inbox.',
        );
      }
    },
    close: async () => {
      await Promise.all([history.close(), inbox.close()]);
    },
    commit: async (batch) => {
      const { events, rows } = batch;
      if (events.length > 0) {
        const outcome = await history.append(events, { delivered: delivered.splice(0) });
        if (outcome.conflict) return outcome;
      }
      const outcome = rows.length > 0 ? await inbox.append(rows) : { conflict: undefined };
      if (!outcome.conflict) delivered.push(...events.map(refOf));
      return outcome;
    },
    probe: async () => {
      await Promise.all([history.probe(), inbox.probe()]);
    },
  };
}

function refOf({ conversationId, conversationSeq }: Event): EventRef {
  return { conversationId, conversationSeq };
}
