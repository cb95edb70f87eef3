import {
  type ConversationId,
  type ConversationSeq,
  type HistoryStore,
  type ReactionPage,
  TidemarkError,
  type UserId,
} from '@tidemark/core';
import type { ReactionOptions } from '../options.ts';
import { visibleMessage } from './visible-message.ts';

/** Throws `invalid_input` where the application offers other keys. Stage 1. */
export function requireOffered(key: string, { keys }: ReactionOptions): void {
  if (!keys || keys.includes(key)) return;
  throw new TidemarkError('invalid_input', 'must be one of those that the application offers (reactions.keys)', {
    field: 'key',
    limit: 'reactions.keys',
  });
}

/**
 * A page of those who have reacted to a message with a key, the last to do so first. Stage 1.
 *
 * @throws TidemarkError `message_not_found` as reading the message does
 */
export async function reactorsOf(
  history: Pick<HistoryStore, 'range' | 'owners'>,
  { userId, conversationId, seq, key, before = Number.POSITIVE_INFINITY, limit }: ReactorsQuery,
): Promise<ReactionPage> {
  const { asOf } = await visibleMessage(history, { userId, conversationId, seq });
  const found = await history.owners({
    of: [{ conversationId, target: seq, name: 'reaction', key }],
    before: Math.min(before, asOf + 1),
    limit: limit + 1,
  });
  const newestFirst = found.sort((a, b) => b.seq - a.seq);
  const reactors = newestFirst
    .slice(0, limit)
    .map((register) => ({ userId: register.owner as UserId, seq: register.seq }));
  return { reactors, hasMore: found.length > limit };
}

export interface ReactorsQuery {
  readonly userId: UserId;
  readonly conversationId: ConversationId;
  /** Of the message. */
  readonly seq: ConversationSeq;
  readonly key: string;
  /** Those who reacted before that conversationSeq; all unless set. */
  readonly before?: number | undefined;
  readonly limit: number;
}
