import type { ConversationId, HistoryInput, HistoryPage, UserId } from '@tidemark/core';
import { toTidemarkError } from '../call-error.ts';
import { type ConversationRow, unknownConversation, withUnknown } from '../local-store/conversation-row.ts';
import type { LocalReplica } from '../local-store/local-replica.ts';
import type { MessagingTrpc } from '../messaging-trpc.ts';
import { isKept } from './apply-entries.ts';
import { ownDraftIn } from './own-draft.ts';
import { joinRegisters } from './registers.ts';
import { withLater } from './with-registers.ts';

/**
 * Brings the page before the oldest local event (the newest page when there is none) into the local store. Whether there
 * is more is in the row then (`reachedStart`). False when the conversation does not exist (yet); other errors reject.
 */
export async function loadHistory(
  conversationId: ConversationId,
  trpc: MessagingTrpc,
  replica: LocalReplica,
  userId: UserId,
  limit: number,
  signal: AbortSignal,
): Promise<boolean> {
  for (let isMerged = false; !isMerged; ) {
    const before = replica.rows.get(conversationId)?.local?.from;
    if (before === 1) return true;
    const { snapshots } = replica;
    const page = await fetchHistory({ conversationId, limit, ...(before !== undefined && { before }) }, trpc, signal);
    if (!page) return false;
    await replica.commit(async () => {
      // A page that was read before a snapshot may end before what the snapshot counts, with what lies between nowhere.
      if (replica.snapshots > snapshots) return undefined;
      const row = replica.rows.get(conversationId) ?? unknownConversation(conversationId, userId, false);
      const merged = mergePage(row, page, before);
      isMerged = merged !== undefined;
      if (!merged) return undefined;
      const events = (await withLater(page, conversationId, replica, userId)).filter(isKept);
      const removeDrafts = events.flatMap((event) => ownDraftIn(event, userId) ?? []);
      const unknownTypes = withUnknown(merged.unknownTypes, page.events);
      return { conversations: [{ ...merged, ...(unknownTypes && { unknownTypes }) }], events, removeDrafts };
    });
  }
  return true;
}

/** One page from the server; `undefined` when the conversation does not exist (yet). */
export async function fetchHistory(
  input: HistoryInput,
  trpc: MessagingTrpc,
  signal: AbortSignal,
): Promise<HistoryPage | undefined> {
  try {
    const page = await trpc.conversations.history.query(input, { signal });
    // Of a server before registers: nothing was ever edited.
    const { registers = [], asOf = Infinity } = page as Partial<HistoryPage>;
    return { ...page, registers, asOf, events: page.events.map((event) => joinRegisters(event, registers)) };
  } catch (error) {
    const known = toTidemarkError(error);
    if (known.code === 'conversation_not_found') return undefined;
    throw known;
  }
}

/** `undefined` when the page does not join what came in meanwhile: ask again, from there. */
function mergePage(row: ConversationRow, page: HistoryPage, before: number | undefined): ConversationRow | undefined {
  if (row.local?.from !== before && before !== undefined) return undefined;
  const seqs = page.events.map((event) => event.conversationSeq as number);
  const reachedStart = !page.hasMore;
  if (seqs.length === 0) return { ...row, reachedStart };
  const [first, last] = [Math.min(...seqs), Math.max(...seqs)];
  if (before === undefined && row.local && last < row.local.from - 1) return undefined;
  const local = { from: Math.min(first, row.local?.from ?? first), to: Math.max(last, row.local?.to ?? last) };
  // Not the head of a member: what is above it has not been counted yet, the feed brings it.
  const head = (row.member ? row.head : Math.max(row.head, last)) as ConversationRow['head'];
  return { ...row, local, reachedStart, head };
}
