import type { ConversationRow } from '@tidemark/client';
import { indexedDbLocalStore } from '@tidemark/client/indexeddb';
import {
  type CommandId,
  type ConversationId,
  type Cursor,
  DEFAULT_SETTINGS,
  type Event,
  type MessageId,
  type UserId,
} from '@tidemark/core';

/** Runs in a page: writes messages as a catch-up does, rows and cursor with them, and gives messages per second. */
export async function measureApply(total: number, batch: number, conversations: number): Promise<number> {
  const store = indexedDbLocalStore({ name: 'figures' });
  await store.open('figures' as UserId);
  const heads = new Array<number>(conversations).fill(0);
  const batches: { events: Event[]; conversations: ConversationRow[]; cursor: Cursor }[] = [];
  for (let from = 0; from < total; from += batch) {
    const events = Array.from({ length: batch }, (_, index) => {
      const which = (from + index) % conversations;
      heads[which] = (heads[which] ?? 0) + 1;
      return message(which, heads[which] ?? 0, from + index);
    });
    batches.push({
      events,
      conversations: heads.flatMap((head, which) => (head > 0 ? [row(which, head)] : [])),
      cursor: `figures:${from + batch}` as Cursor,
    });
  }
  const since = performance.now();
  for (const changes of batches) await store.transaction(changes);
  const seconds = (performance.now() - since) / 1_000;
  await store.erase();
  await store.close();
  return Math.round(total / seconds);
}

function idOf(which: number): ConversationId {
  return `d:figures,peer${which}` as ConversationId;
}

function message(which: number, seq: number, number: number): Event {
  return {
    type: 'message.sent',
    conversationId: idOf(which),
    conversationSeq: seq as Event['conversationSeq'],
    actorId: `peer${which}` as UserId,
    commandId: `c-${number}` as CommandId,
    at: 1_800_000_000_000 + number,
    messageId: `01HZX3K8Y2${String(number).padStart(16, '0')}` as MessageId,
    message: { type: 'text', content: { text: `${number}: the water goes out and comes in again, as it always has.` } },
  };
}

function row(which: number, head: number): ConversationRow {
  return {
    conversationId: idOf(which),
    kind: 'direct',
    title: null,
    createdBy: `peer${which}` as UserId,
    createdAt: 1,
    head: head as ConversationRow['head'],
    joinedSeq: 1 as ConversationRow['joinedSeq'],
    readSeq: 0,
    unread: head,
    unreadMentions: 0,
    lastMessage: null,
    activeAt: head,
    settings: DEFAULT_SETTINGS,
    ownSeq: 0,
    member: true,
    stale: null,
    local: { from: 1, to: head },
    reachedStart: true,
    unsentReadSeq: null,
  };
}
