import type { ConversationId, UserId } from '@tidemark/core';
import type { WakeSignal } from '../abort-signal.ts';
import { unlessRefused } from '../call-error.ts';
import type { ClientEmitter } from '../client-events.ts';
import { type ConversationRow, withoutUnsentMark } from '../local-store/conversation-row.ts';
import type { LocalReplica } from '../local-store/local-replica.ts';
import type { MessagingTrpc } from '../messaging-trpc.ts';
import type { RetryTiming } from '../retry.ts';
import { createKeyedTasks } from '../sync/keyed-tasks.ts';
import { recountUnread } from '../sync/unread.ts';

/** Read marks: set locally at once, sent to the server until it has accepted them, over restarts. Only the newest counts. */
export interface ReadMarks {
  mark(conversationId: ConversationId, readSeq: number | undefined): Promise<void>;
  /** Sends what earlier runs left unsent. */
  resume(): void;
}

export function createReadMarks(options: {
  readonly trpc: MessagingTrpc;
  readonly userId: UserId;
  readonly replica: LocalReplica;
  readonly events: ClientEmitter;
  readonly timing: RetryTiming;
  readonly closing: AbortSignal;
  readonly woken: WakeSignal;
  /** The server has taken a mark; counts that waited for it can be fetched. */
  readonly onTaken: (conversationId: ConversationId) => void;
}): ReadMarks {
  const { trpc, userId, replica, closing, onTaken } = options;
  const tasks = createKeyedTasks<ConversationId>({ ...options, what: 'read-mark', limit: 4 }, send);

  async function send(conversationId: ConversationId): Promise<void> {
    const readSeq = replica.rows.get(conversationId)?.unsentReadSeq ?? null;
    if (readSeq === null) return;
    const isTaken = await unlessRefused(
      trpc.conversations.markRead.mutate({ conversationId, readSeq }, { signal: closing }),
    );
    await replica.commit(() => {
      const row = replica.rows.get(conversationId);
      if (row?.unsentReadSeq !== readSeq) return undefined;
      if (isTaken) return { conversations: [{ ...row, unsentReadSeq: null }] };
      return { conversations: [{ ...withoutUnsentMark(row), stale: row.member ? 'count' : row.stale }] };
    });
    onTaken(conversationId);
  }

  return {
    mark: async (conversationId, readSeq) => {
      let marked = false;
      await replica.commitSurely(async () => {
        const row = replica.rows.get(conversationId);
        const target = row && Math.min(readSeq ?? newestMessage(row), row.head);
        if (!row?.member || target === undefined || target <= row.readSeq) return undefined;
        marked = true;
        return {
          conversations: [await recountUnread({ ...row, readSeq: target, unsentReadSeq: target }, replica, userId)],
        };
      });
      if (marked) tasks.add(conversationId);
    },
    resume: () => {
      for (const row of replica.rows.values()) if (row.unsentReadSeq !== null) tasks.add(row.conversationId);
    },
  };
}

/** A mark above the last message says nothing more, and membership events are not read. */
function newestMessage(row: ConversationRow): number {
  return row.lastMessage?.conversationSeq ?? 0;
}
