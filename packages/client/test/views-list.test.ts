import { DEFAULT_SETTINGS, directConversationId, type Message, parseUserId } from '@tidemark/core';
import { describe, expect, it } from 'vitest';
import { type ConversationRow, rowOfSummary, unknownConversation } from '../src/local-store/conversation-row.ts';
import { createReader, type Reader } from '../src/received.ts';
import { type ConversationsView, createConversationsView } from '../src/views/conversations-view.ts';
import { createOrderedItems } from '../src/views/ordered-items.ts';
import { settingsNow } from '../src/views/settings-now.ts';

const alice = parseUserId('alice');
const COUNT = 10_000;

function idOf(index: number) {
  return directConversationId('alice', `user-${index}`);
}

function messageOf(index: number, at: number): Message {
  return {
    messageId: `${at}`.padStart(26, '0'),
    clientMessageId: `c-${index}-${at}`,
    conversationId: idOf(index),
    conversationSeq: at,
    senderId: `user-${index}`,
    at,
    type: 'text',
    content: { text: `at ${at}` },
  } as unknown as Message;
}

function row(index: number, at: number, changes: Partial<ConversationRow> = {}): ConversationRow {
  const { member: _, ...unknown } = unknownConversation(idOf(index), alice, true);
  const known = { createdAt: 1, activeAt: at, unread: 1, lastMessage: messageOf(index, at) };
  const summary = { ...unknown, ...known, settings: DEFAULT_SETTINGS, ownSeq: 0 };
  return { ...rowOfSummary(summary), ...changes };
}

/** A list of many rows, counting the messages it reads: one for each item that it computes. */
function bigList(): { list: ConversationsView; rows: ConversationRow[]; computed: () => number } {
  const reader = createReader(['text']);
  let computed = 0;
  const counting: Reader = {
    ...reader,
    message: (message) => {
      computed += 1;
      return reader.message(message);
    },
  };
  const list = createConversationsView(alice, counting, (row) => settingsNow(row, []));
  const rows = Array.from({ length: COUNT }, (_, index) => row(index, 1_000 + index));
  list.reset(rows);
  return { list, rows, computed: () => computed };
}

function notifications(view: { subscribe(listener: () => void): () => void }): () => number {
  let count = 0;
  view.subscribe(() => (count += 1));
  return () => count;
}

describe('a list of 10,000 conversations', () => {
  it('computes one item for one message, and moves it to the front', () => {
    const { list, computed } = bigList();
    const before = list.list.getSnapshot();
    expect(before).toHaveLength(COUNT);
    const computedBefore = computed();
    list.update({ conversations: [row(17, 50_000, { unread: 2 })] });
    const after = list.list.getSnapshot();
    expect(computed() - computedBefore).toBe(1);
    expect(after[0]).toMatchObject({ conversationId: idOf(17), unread: 2 });
    expect(after.filter((item) => !before.includes(item))).toHaveLength(1);
    expect(list.unread.getSnapshot()).toBe(COUNT + 1);
  });

  it('stays sorted and counted under any changes, as if computed anew', () => {
    const { list, rows } = bigList();
    const current = new Map(rows.map((each) => [each.conversationId, each]));
    let seed = 7;
    const next = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (let step = 0; step < 300; step += 1) {
      const changed = Array.from({ length: next(step % 50 === 0 ? 2_000 : 4) }, () =>
        row(next(COUNT + 50), 1_000 + next(2 * COUNT), {
          unread: next(5),
          member: next(9) > 0,
          stale: next(9) > 0 ? null : 'unknown',
        }),
      );
      for (const each of changed) current.set(each.conversationId, each);
      list.update({ conversations: changed });
    }
    const fresh = createConversationsView(alice, createReader(['text']), (row) => settingsNow(row, []));
    fresh.reset(current.values());
    expect(list.list.getSnapshot()).toEqual(fresh.list.getSnapshot());
    expect(list.unread.getSnapshot()).toBe(fresh.unread.getSnapshot());
  });

  it('says nothing and computes nothing when a row changes in what is not shown', () => {
    const { list, rows, computed } = bigList();
    const heard = [list.list, list.unread, list.itemView(idOf(17))].map(notifications);
    const [before, computedBefore] = [list.list.getSnapshot(), computed()];
    list.update({ conversations: [{ ...(rows[17] as ConversationRow), local: { from: 3, to: 9 } }] });
    expect(heard.map((count) => count())).toEqual([0, 0, 0]);
    expect(list.list.getSnapshot()).toBe(before);
    expect(computed()).toBe(computedBefore);
  });

  it('tells only the line that changed', () => {
    const { list } = bigList();
    const [own, other] = [list.itemView(idOf(17)), list.itemView(idOf(18))];
    const [heard, heardByOther] = [notifications(own), notifications(other)];
    const before = other.getSnapshot();
    list.update({ conversations: [row(17, 60_000)] });
    expect([heard(), heardByOther()]).toEqual([1, 0]);
    expect(own.getSnapshot()).toMatchObject({ activeAt: 60_000 });
    expect(other.getSnapshot()).toBe(before);
  });

  it('keeps the items that a snapshot of the same rows replaces', () => {
    const { list, rows } = bigList();
    const before = list.list.getSnapshot();
    list.update({ replace: true, conversations: rows.slice(5) });
    const after = list.list.getSnapshot();
    expect(after).toHaveLength(COUNT - 5);
    expect(after[0]).toBe(before[0]);
    expect(list.unread.getSnapshot()).toBe(COUNT - 5);
    expect(list.itemView(idOf(0)).getSnapshot()).toBeNull();
  });
});

describe('ordered items', () => {
  it('take a change with as many comparisons as their number has digits in base two, twice', () => {
    let comparisons = 0;
    const ordered = createOrderedItems<number>((a, b) => {
      comparisons += 1;
      return a - b;
    });
    ordered.reset(Array.from({ length: COUNT }, (_, index) => index * 2));
    comparisons = 0;
    ordered.replace(5_000, 15_001);
    expect(comparisons).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(COUNT + 1)));
    const items = ordered.snapshot();
    expect(items).toHaveLength(COUNT);
    expect(items.slice(2_499, 2_501)).toEqual([4_998, 5_002]);
    expect(items.slice(7_499, 7_502)).toEqual([15_000, 15_001, 15_002]);
  });

  it('leave an array alone that somebody holds', () => {
    const ordered = createOrderedItems<number>((a, b) => a - b);
    ordered.reset([3, 1, 2]);
    const held = ordered.snapshot();
    ordered.replace(undefined, 4);
    ordered.replace(1, undefined);
    expect(held).toEqual([1, 2, 3]);
    expect(ordered.snapshot()).toEqual([2, 3, 4]);
    expect(ordered.snapshot()).toBe(ordered.snapshot());
  });
});
