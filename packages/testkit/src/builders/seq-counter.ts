import type { CommitBatch, Event, EventRef, InboxRow, Seq, UserId } from '@tidemark/core';
import type { ConversationBuilder } from './conversation-builder.ts';

/** The counters that number inboxes: in a deployment they live in Redis, here in a map. */
export interface SeqCounter {
  /** The user's next seq; the first is 1. */
  next(userId: UserId): Seq;
  /** Never gives a seq up to `head` again. */
  raise(userId: UserId, head: number): void;
}

export function seqCounter(): SeqCounter {
  const last = new Map<UserId, number>();
  return {
    next: (userId) => {
      const seq = (last.get(userId) ?? 0) + 1;
      last.set(userId, seq);
      return seq as Seq;
    },
    raise: (userId, head) => {
      last.set(userId, Math.max(head, last.get(userId) ?? 0));
    },
  };
}

/** The place of an event, without the rest of it. */
export function refOf(event: EventRef): EventRef {
  return { conversationId: event.conversationId, conversationSeq: event.conversationSeq };
}

/** One row for every recipient of the events, numbered by `counter`, in the order of the events. */
export function rowsFor(chat: ConversationBuilder, events: readonly Event[], counter: SeqCounter): InboxRow[] {
  return events.flatMap((event) =>
    chat.recipientsOf(event).map((userId) => ({
      userId,
      seq: counter.next(userId),
      ref: refOf(event),
      at: event.at,
    })),
  );
}

/** What the writer commits for these events of `chat`. */
export function batchFor(chat: ConversationBuilder, events: readonly Event[], counter: SeqCounter): CommitBatch {
  return { events, rows: rowsFor(chat, events, counter) };
}
