import type { Clock, HistoryStore, IdSource, Random, Storage } from '@tidemark/core';
import type { DecideLimits, Permissions } from '../features/deciding.ts';
import type { Health } from '../health.ts';
import type { SeqAllocator } from '../inbox/seq-allocator.ts';
import type { LimitEvents } from '../limit-events.ts';
import type { Publisher } from '../notify/publisher.ts';
import type { SetBackWatch } from '../store/set-back-watch.ts';
import type { ConversationCacheLimits } from './conversation-cache.ts';
import type { EntryRules } from './read-entry.ts';
import type { Recovery } from './recovery.ts';
import type { Refusals } from './refusals.ts';
import type { StoreHealth } from './store-health.ts';

/** What the transfer of one partition works with. */
export interface TransferOptions extends EntryRules {
  /**
   * Asked where the store's keys are no fence: when states were just read from it. A worker that lost its partition while
   * it was paused would decide by them, once more and otherwise, what its successor has refused.
   */
  readonly holdsLease: () => Promise<boolean>;
  readonly refusals: Refusals;
  readonly load: HistoryStore['load'];
  readonly storage: Storage;
  readonly allocator: SeqAllocator;
  readonly recovery: Recovery;
  readonly publisher: Publisher;
  readonly clock: Clock;
  /** See `DecideContext`. */
  readonly mostAhead: number;
  readonly random: Random;
  readonly ids: IdSource;
  readonly limits: DecideLimits;
  readonly permissions: Permissions;
  /** Inbox rows of one batch at most, unless one command leads to more. */
  readonly batchRows: number;
  readonly limitEvents: LimitEvents;
  /**
   * Whether this process has the kind of content. A process that was upgraded earlier may accept one that this one does not
   * have yet: its sender may try again.
   */
  readonly knowsContent: (type: string) => boolean;
  /** What it is all stored in, as far as others can store something. */
  readonly store: StoreHealth;
  readonly setBacks: SetBackWatch;
  readonly health: Health;
  /** Failures in a row of a command alone, each with the store well for others before and after it, before it is parked. */
  readonly attempts: number;
  /** ms from the first of them to the last, at least. */
  readonly parkAfterMs: number;
  /** Of the partition. */
  readonly cache: ConversationCacheLimits;
}
