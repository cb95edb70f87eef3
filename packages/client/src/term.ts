/**
 * What one client does for all tabs while it leads: syncs, and brings what only the server has. Made anew for each term of
 * leadership; without other tabs there is one, as long as the client.
 */
import type { ConversationId } from '@tidemark/core';
import { createWakeSignal, onAbort } from './abort-signal.ts';
import type { LocalReplica } from './local-store/local-replica.ts';
import { createReadMarks, type ReadMarks } from './send/read-marks.ts';
import { createKeyedTasks, type KeyedTasks } from './sync/keyed-tasks.ts';
import { refreshConversation } from './sync/refresh-conversation.ts';
import { createSync, type Sync, type SyncOptions } from './sync/sync.ts';

export interface Term {
  readonly signal: AbortSignal;
  /** Writes for this term only. */
  readonly replica: LocalReplica;
  readonly sync: Sync;
  readonly refreshes: KeyedTasks<ConversationId>;
  readonly readMarks: ReadMarks;
  /** Begins, from what the local store holds. */
  start(): void;
  /** The connection is back. */
  wake(): void;
}

/** Those of sync, whose end is that of the term. */
export interface TermOptions extends Omit<SyncOptions, 'closing' | 'woken'> {
  readonly signal: AbortSignal;
}

export function createTerm(options: TermOptions): Term {
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
      sync.start(replica.initial.cursor);
    },
    wake: woken.wake,
  };
}
