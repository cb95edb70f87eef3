import type { ConversationId, ConversationSummary, UserId } from '@tidemark/core';
import { unlessRefused } from '../call-error.ts';
import { type ConversationRow, rowOfSummary } from '../local-store/conversation-row.ts';
import type { LocalReplica } from '../local-store/local-replica.ts';
import type { MessagingTrpc } from '../messaging-trpc.ts';
import { withoutMembership } from './apply-entries.ts';
import { changesCounts, countUnread, eventsAbove } from './unread.ts';

/** Fetches one conversation whose row is stale, and merges it with what the feed brought meanwhile. Rejects: try again. */
export async function refreshConversation(
  conversationId: ConversationId,
  trpc: MessagingTrpc,
  replica: LocalReplica,
  userId: UserId,
  signal: AbortSignal,
): Promise<void> {
  if (!replica.rows.get(conversationId)?.stale) return;
  // Refused: the user is not a member.
  const summary = await unlessRefused(trpc.conversations.get.query({ conversationId }, { signal }));
  let behind = false;
  await replica.commit(async () => {
    const row = replica.rows.get(conversationId);
    if (!row?.stale) return undefined;
    if (!summary) return { conversations: [withoutMembership(row)] };
    if (summary.readSeq < row.readSeq) {
      // Counted above an older mark than ours. The one that sends our mark asks for the row again when it is confirmed.
      behind = row.unsentReadSeq === null;
      const { readSeq, unread, unreadMentions } = row;
      return { conversations: [{ ...merge(summary, row), readSeq, unread, unreadMentions, stale: 'count' }] };
    }
    const since = row.head > summary.head ? await eventsAbove(row, summary.head, replica) : [];
    // What it counts was revoked since, or mentions others.
    behind = since.some((event) => changesCounts(event, userId));
    if (behind) return undefined;
    const merged = merge(summary, row);
    const later = countUnread(since, userId, summary);
    const unread = merged.unread + later.unread;
    return { conversations: [{ ...merged, unread, unreadMentions: merged.unreadMentions + later.unreadMentions }] };
  });
  if (behind) throw new Error('the summary is older than what is here');
}

function merge(summary: ConversationSummary, row: ConversationRow): ConversationRow {
  const merged = rowOfSummary(summary, row);
  if (row.head <= summary.head) return merged;
  const { head, activeAt, lastMessage } = row;
  return { ...merged, head, activeAt, lastMessage: lastMessage ?? summary.lastMessage };
}
