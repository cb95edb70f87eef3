import { type ConversationPage, type ConversationSummary, type Cursor, DEFAULT_PAGE } from '@tidemark/core';
import { throwIfAborted } from '../abort-signal.ts';
import { toTidemarkError } from '../call-error.ts';
import { rowOfSummary } from '../local-store/conversation-row.ts';
import type { LocalReplica } from '../local-store/local-replica.ts';
import type { LocalChanges } from '../local-store/local-store.ts';
import type { MessagingTrpc } from '../messaging-trpc.ts';

export interface SnapshotOptions {
  readonly trpc: MessagingTrpc;
  readonly replica: LocalReplica;
  /** Where the feed goes on after it. */
  readonly cursor: Cursor;
  /** The local store holds no cursor: a crash has the next start take a snapshot again. */
  readonly isFresh: () => boolean;
  /** Called within the transaction that brings the cursor. */
  readonly onLast: () => void;
}

/** The taking of one snapshot. */
export interface Snapshot {
  /** Resolves when rows and cursor are committed. Called again after a failure, it goes on with the page that failed. */
  take(signal: AbortSignal): Promise<void>;
}

/**
 * The conversation list, all pages. A conversation that moves to the front between two pages may be missed or come twice;
 * it moved because of an event after the reset, which the feed brings next.
 *
 * A new device shows each page as it comes: the first one clears what there may be, the last one brings the cursor. Until
 * then nothing of the feed is applied, and a start in between begins again, for there is no cursor. What is loaded of a
 * conversation meanwhile was read after the reset, so the feed brings all that follows it.
 *
 * A device that has shown something keeps it until everything is here, and replaces it in one transaction: its cursor still
 * stands for the old rows.
 */
export function createSnapshot({ trpc, replica, cursor, isFresh, onLast }: SnapshotOptions): Snapshot {
  /** Collected for one transaction; `null` once pages are committed as they come. */
  let collected: Map<string, ConversationSummary> | null = new Map();
  let isFirst = true;
  let page: string | null = null;
  let limit: number | undefined = DEFAULT_PAGE;

  async function fetchPage(signal: AbortSignal): Promise<ConversationPage> {
    // The first page is as short as the server has it, for somebody waits for it.
    if (page === null) return trpc.conversations.list.query({}, { signal });
    try {
      return await trpc.conversations.list.query({ page, ...(limit !== undefined && { limit }) }, { signal });
    } catch (error) {
      // This server's pages are shorter.
      if (limit === undefined || toTidemarkError(error).code !== 'invalid_input') throw error;
      limit = undefined;
      return fetchPage(signal);
    }
  }

  function changesOf({ conversations, nextPage }: ConversationPage): LocalChanges | undefined {
    const isLast = nextPage === null;
    if (isFirst && isFresh() && !isAnythingListed()) collected = null;
    for (const summary of conversations) collected?.set(summary.conversationId, summary);
    if (collected && !isLast) return undefined;
    const replace = collected !== null || isFirst;
    const rows = (collected ? [...collected.values()] : conversations).map((summary) => {
      const before = replica.rows.get(summary.conversationId);
      return rowOfSummary(summary, replace && before ? { ...before, local: null, reachedStart: false } : before);
    });
    if (isLast) onLast();
    return { ...(replace && { replace }), conversations: rows, ...(isLast && { cursor }) };
  }

  function isAnythingListed(): boolean {
    return [...replica.rows.values()].some((row) => row.member);
  }

  return {
    take: async (signal) => {
      for (;;) {
        throwIfAborted(signal);
        const answer = await fetchPage(signal);
        await replica.commit(() => {
          throwIfAborted(signal);
          return changesOf(answer);
        });
        isFirst = false;
        page = answer.nextPage;
        if (page === null) return;
      }
    },
  };
}
