import { participants } from '@tidemark/core';
import { addressIn } from '../ingress/envelope.ts';

/** Members that a group is taken to have whose state is not remembered. */
const UNKNOWN_GROUP = 50;

/** Who sent a queued command, and what it may lead to. */
export interface CommandWeight {
  /** Empty when the entry names none. */
  readonly sender: string;
  /** Inbox rows, as far as it is known at the time of the call. */
  readonly rows: () => number;
}

/**
 * Weighs an entry before it is decoded and checked.
 *
 * @param members of a conversation, where its state is remembered
 */
export function weigh(body: string, members: (conversationId: string) => number | undefined): CommandWeight {
  const { actorId, conversationId, named } = addressIn(body);
  const ofGroup = (): number => members(conversationId) ?? (named === 0 ? UNKNOWN_GROUP : 0);
  return { sender: actorId, rows: () => named + (participants(conversationId)?.length ?? ofGroup()) };
}
