import { type ConversationId, directConversationId, type Event, type UserId } from '@tidemark/core';
import { sqliteStorage } from '@tidemark/storage-sqlite';
import { batchFor, type ConversationBuilder, conversationBuilder, seededIds, seqCounter } from '@tidemark/testkit';

/** Long conversations, written through the port of the storage rather than sent. */
export interface FiguresData {
  readonly groupId: ConversationId;
  /** So many direct conversations of the user, each with one message. */
  conversations(count: number): Promise<void>;
  /** So many further messages in the group of the user; returns the text of the last one. */
  messages(count: number): Promise<string>;
}

const AT_ONCE = 1_000;

/** @param path the database of a server that does not run */
export function figuresData(path: string, user: string): FiguresData {
  const userId = user as UserId;
  // Numbered from here, a minute's worth of milliseconds ago for each of what is written.
  const ids = seededIds(1, Date.now() - 3_600_000);
  const seqs = seqCounter();
  const friend = 'bob' as UserId;
  const group = conversationBuilder({ ids, kind: 'group', memberIds: [friend, userId], title: 'Figures' });
  let isWritten = false;

  async function write(batches: Iterable<readonly [ConversationBuilder, readonly Event[]][]>): Promise<void> {
    const storage = sqliteStorage({ path });
    await storage.open();
    try {
      // What was read meanwhile stands in the inbox, too.
      for (const [member, { head }] of await storage.inbox.bounds([userId, friend])) seqs.raise(member, head);
      for (const batch of batches) {
        const parts = batch.map(([chat, events]) => batchFor(chat, events, seqs));
        const { conflict } = await storage.commit({
          events: parts.flatMap((part) => part.events),
          rows: parts.flatMap((part) => part.rows),
        });
        if (conflict) throw new Error(`what was written collides with what was there: ${conflict}`);
      }
    } finally {
      await storage.close();
    }
  }

  function* directs(count: number): Generator<[ConversationBuilder, readonly Event[]][]> {
    for (let from = 0; from < count; from += AT_ONCE) {
      yield Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, index) => {
        const peer = `peer${String(from + index + 1).padStart(5, '0')}` as UserId;
        const chat = conversationBuilder({ ids, kind: 'direct', memberIds: [peer, userId] });
        if (chat.conversationId !== directConversationId(peer, user)) throw new Error('another conversation');
        chat.message({ content: { text: `A first word of ${peer}, as long as people write them.` } });
        return [chat, chat.events] as [ConversationBuilder, readonly Event[]];
      });
    }
  }

  function* lines(count: number): Generator<[ConversationBuilder, readonly Event[]][]> {
    for (let from = 0; from < count; from += AT_ONCE) {
      const begun: Event[] = isWritten ? [] : [group.created];
      isWritten = true;
      const events = Array.from({ length: Math.min(AT_ONCE, count - from) }, () =>
        group.message({ content: { text: textOf(group.events.length + 1) } }),
      );
      yield [[group, [...begun, ...events]]];
    }
  }

  return {
    groupId: group.conversationId,
    conversations: (count) => write(directs(count)),
    messages: async (count) => {
      await write(lines(count));
      return textOf(group.events.length);
    },
  };
}

/** One line in most, three in some. */
function textOf(number: number): string {
  const rest = 'the water goes out and comes in again, as it always has';
  return number % 7 === 0 ? `${number}: ${rest}. ${rest}. ${rest}.` : `${number}: ${rest}.`;
}
