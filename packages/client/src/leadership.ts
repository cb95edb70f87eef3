/**
 * The leadership of one client among its tabs: it syncs for all, and fetches what only the server has. Created for each
 * term; without other tabs there is one, as long as the client.
 */
import type { ConversationId } from '@tidemark/core';
import { createWakeSignal, onAbort } from './abort-signal.ts';
import { hasLearnt } from './local-store/conversation-row.ts';
import type { LocalReplica } from './local-store/local-replica.ts';
import { createReadMarks, type ReadMarks } from './send/read-marks.ts';
import { createKeyedTasks, type KeyedTasks } from './sync/keyed-tasks.ts';
import { refreshConversation } from './sync/refresh-conversation.ts';
import { createSync, type Sync, type SyncOptions } from './sync/sync.ts';

export interface Leadership {
  readonly signal: AbortSignal;
  /** Writes until `signal` aborts. */
  readonly replica: LocalReplica;
  readonly sync: Sync;
  readonly refreshes: KeyedTasks<ConversationId>;
  readonly readMarks: ReadMarks;
  /** Begins, from what the local store holds. */
  start(): void;
  /** The connection is back. */
  wake(): void;
}

/** Those of sync, which ends with the leadership. */
export interface LeadershipOptions extends Omit<SyncOptions, 'closing' | 'woken'> {
  readonly signal: AbortSignal;
}

export function createLeadership(options: LeadershipOptions): Leadership {
  const { trpc, userId, replica, signal } = options;
  const woken = createWakeSignal();
  onAbort(signal, woken.wake);
  const own = { ...options, closing: signal, woken };
  const refreshes = createKeyedTasks<ConversationId>({ ...own, what: 'refresh', limit: 8 }, (conversationId) =>
    refreshConversation(conversationId, trpc, replica, userId, signal),
  );
  const sync = createSync(own);
  const readMarks = createReadMarks({ ...own, onTaken: refreshes.add });
  return {
    signal,
    replica,
    sync,
    refreshes,
    readMarks,
    start: () => {
      for (const row of replica.rows.values()) if (row.stale) refreshes.add(row.conversationId);
      readMarks.resume();
      // Without a cursor it rebuilds from a snapshot, and shows what it has until that is here.
      sync.start(hasLearnt(replica.rows.values()) ? null : replica.initial.cursor);
    },
    wake: woken.wake,
  };
}
