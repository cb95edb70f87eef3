import type { Event } from '../features/events.ts';
import {
  type ConversationId,
  type ConversationSeq,
  createIdSource,
  type Seq,
  selfConversationId,
  type UserId,
} from '../ids.ts';
import type { InboxRow } from './inbox-store.ts';
import type { CommitBatch } from './storage.ts';

/**
 * What a probe writes, in this order and in one transaction, before it takes it back: batches such as a writer commits, of
 * users and conversations that nobody has, so that probes wait neither for each other nor for anybody. Every table of a
 * commit is written, with every kind of statement.
 */
export function probeBatches(now: number): CommitBatch[] {
  const ids = createIdSource();
  const name = ids.commandId(now);
  const [one, other] = [`tidemark-probe-${name}-1` as UserId, `tidemark-probe-${name}-2` as UserId];
  const group = ids.groupId(now);
  const own = selfConversationId(one);
  const next = (conversationId: ConversationId, conversationSeq: number) => ({
    conversationId,
    conversationSeq: conversationSeq as ConversationSeq,
    actorId: one,
    commandId: ids.commandId(now),
    at: now,
  });
  const created = { type: 'conversation.created', title: null } as const;
  const message = { type: 'text', content: { text: 'probe' } };
  const [targetSeq, since] = [2, 4] as ConversationSeq[] as [ConversationSeq, ConversationSeq];
  const reaction = { type: 'reaction.changed', targetSeq, targetAuthor: one, key: '+1', newest: [], since } as const;
  const batches: readonly (readonly Event[])[] = [
    [{ ...next(group, 1), ...created, kind: 'group', memberIds: [one, other] }],
    [{ ...next(group, 2), type: 'message.sent', messageId: ids.messageId(now), message }],
    [{ ...next(group, 3), type: 'message.edited', targetSeq: 2 as ConversationSeq, version: 2, message }],
    [{ ...next(group, 4), ...reaction, on: true, count: 1 }],
    [{ ...next(group, 5), ...reaction, on: false, count: 0 }],
    [
      {
        ...next(group, 6),
        type: 'message.revoked',
        targets: [{ seq: targetSeq, senderId: one, clientMessageId: ids.commandId(now) }],
      },
    ],
    [{ ...next(group, 7), type: 'members.removed', memberIds: [other] }],
    [{ ...next(group, 8), type: 'members.added', memberIds: [other] }],
    [
      { ...next(own, 1), ...created, kind: 'self', memberIds: [one] },
      { ...next(own, 2), type: 'read.marked', of: group, readSeq: 2 as ConversationSeq },
    ],
  ];
  let seq = 0;
  return batches.map((events) => ({
    events,
    rows: events.map((event): InboxRow => {
      seq += 1;
      return { userId: one, seq: seq as Seq, ref: event, at: now };
    }),
  }));
}
