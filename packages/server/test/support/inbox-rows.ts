import type { ConversationId, ConversationSeq, Event, EventRef, InboxRow, Seq, Storage, UserId } from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { conversationBuilder, seededIds } from '@tidemark/testkit';

/** A conversation whose events a test puts into inboxes at whatever seqs it likes. */
export function openInboxRows(options: { storage?: Storage; userId?: UserId } = {}) {
  const storage = options.storage ?? memoryStorage();
  const ids = seededIds();
  const userId = options.userId ?? ids.userId('alice');
  const chat = conversationBuilder({ ids, memberIds: [userId, ids.userId('bob')] });
  const conversationId: ConversationId = chat.conversationId;
  const written: Event[] = [];

  /** Appends one event to the log. */
  async function log(): Promise<Event> {
    const event = written.length === 0 ? chat.created : chat.message();
    await storage.history.append([event]);
    written.push(event);
    return event;
  }

  function refTo(event: Event): EventRef {
    return { conversationId, conversationSeq: event.conversationSeq as ConversationSeq };
  }

  /** Commits one event for the user at each seq. */
  async function put(...seqs: readonly number[]): Promise<Event[]> {
    const events: Event[] = [];
    for (const seq of seqs) {
      const event = await log();
      const row: InboxRow = { userId, seq: seq as Seq, ref: refTo(event), at: event.at };
      const { conflict } = await storage.inbox.append([row]);
      if (conflict) throw new Error(`seq ${seq} is taken`);
      events.push(event);
    }
    return events;
  }

  return { storage, userId, conversationId, log, put };
}
