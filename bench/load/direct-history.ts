import {
  type ConversationId,
  type ConversationSeq,
  createIdSource,
  directConversationId,
  type Event,
  type IdSource,
  type InboxRow,
  parseUserId,
  type Seq,
  type Storage,
  type UserId,
} from '@tidemark/core';
import type { Backplane } from '@tidemark/server';

const BATCH = 2_000;
const AT_ONCE = 4;
const COUNTERS_AT_ONCE = 2_000;

/** What every message of the load benches says: 62 characters. */
export const TEXT = 'hello, this is an ordinary chat message of average length, ok?';

/** A direct conversation whose two users have no other: so a message's inbox seq is its conversationSeq. */
export interface DirectConversation {
  readonly conversationId: ConversationId;
  readonly users: readonly [UserId, UserId];
  /** conversationSeq of the newest event written here. */
  head: number;
}

export function directConversation(index: number): DirectConversation {
  const users = [parseUserId(`ann-${index}`), parseUserId(`ben-${index}`)] as const;
  return { conversationId: directConversationId(...users), users, head: 0 };
}

/**
 * Fills a store as past traffic would have left it: that many messages, turn and turn about over the conversations, through
 * the storage port in large batches; then the counters.
 */
export async function fillHistory(
  { storage, backplane }: { readonly storage: Storage; readonly backplane: Backplane },
  conversations: readonly DirectConversation[],
  messages: number,
): Promise<void> {
  // One writer per conversation, as the server has it: heads must not be written out of order.
  const lanes = Math.min(AT_ONCE, conversations.length);
  await Promise.all(
    Array.from({ length: lanes }, (_, lane) => {
      const own = conversations.filter((__, index) => index % lanes === lane);
      return fillShare(storage, own, Math.round((messages * own.length) / conversations.length));
    }),
  );

  const seqs = backplane.inboxSeq(storage.inbox.epoch);
  for (let start = 0; start < conversations.length; start += COUNTERS_AT_ONCE) {
    const some = conversations.slice(start, start + COUNTERS_AT_ONCE);
    await seqs.raise(new Map(some.flatMap(({ users, head }) => users.map((userId) => [userId, head as Seq] as const))));
  }
}

async function fillShare(storage: Storage, share: readonly DirectConversation[], messages: number): Promise<void> {
  const ids = createIdSource();
  for (let written = -share.length; written < messages; ) {
    const events: Event[] = [];
    const rows: InboxRow[] = [];
    for (; written < messages && events.length < BATCH; written++) {
      const conversation = share[(written + share.length) % share.length] as DirectConversation;
      conversation.head += 1;
      const event = nextEvent(conversation, written < 0, ids);
      events.push(event);
      for (const userId of conversation.users) {
        rows.push({ userId, seq: conversation.head as Seq, ref: event, at: event.at });
      }
    }
    const { conflict } = await storage.commit({ events, rows });
    if (conflict) throw new Error(`a key was taken while an empty store was filled (${conflict})`);
  }
}

function nextEvent({ conversationId, users, head }: DirectConversation, isFirst: boolean, ids: IdSource): Event {
  const at = Date.now();
  const [actorId] = users;
  const place = { conversationId, conversationSeq: head as ConversationSeq, actorId, at };
  if (isFirst) {
    return { type: 'conversation.created', ...place, commandId: null, kind: 'direct', title: null, memberIds: users };
  }
  return {
    type: 'message.sent',
    ...place,
    commandId: ids.commandId(at),
    messageId: ids.messageId(at),
    message: { type: 'text', content: { text: TEXT } },
  };
}

/** Entries of both users of one conversation after `after`: which conversationSeqs are there, and how many came twice. */
export async function readBack(
  storage: Storage,
  { conversationId, users }: DirectConversation,
  after: number,
): Promise<{ readonly seen: readonly ReadonlySet<number>[]; readonly duplicated: number }> {
  let duplicated = 0;
  const seen: ReadonlySet<number>[] = [];
  for (const userId of users) {
    const ofUser = new Set<number>();
    for (let last = after; ; ) {
      const page = await storage.inbox.range(userId, last, 5_000);
      for (const { ref } of page) {
        if (ref?.conversationId !== conversationId) continue;
        if (ofUser.has(ref.conversationSeq)) duplicated += 1;
        ofUser.add(ref.conversationSeq);
      }
      const newest = page.at(-1);
      if (!newest) break;
      last = newest.seq;
    }
    seen.push(ofUser);
  }
  return { seen, duplicated };
}
