import { type ConversationSeq, directConversationId, UnavailableError } from '@tidemark/core';
import { createMemoryState, type MemoryState, memoryStorage } from '@tidemark/storage-memory';
import { expect, test } from 'vitest';
import { alice, bob, carol, direct, edit, group, markRead, react, send } from '../support/commands.ts';
import { flushPromises } from '../support/manual-clock.ts';
import { recorded } from '../support/recorded.ts';
import { openWriter } from '../support/writer.ts';

function restore(state: MemoryState, backup: MemoryState): void {
  for (const name of ['conversations', 'conversationsOf', 'commands', 'inboxes', 'readMarks'] as const) {
    state[name].clear();
    for (const [key, value] of backup[name]) state[name].set(key as never, value as never);
  }
}

test('a writer whose store was set back goes on from what the store has, and believes no receipt of before', async () => {
  const state = createMemoryState();
  const storage = memoryStorage({ state });
  const writer = openWriter({ storage });
  await writer.write(send(alice, direct));
  const backup = structuredClone(state);
  const lost = send(alice, direct, { text: 'lost' });
  await writer.write(lost, send(alice, direct));

  restore(state, backup);
  await writer.clock.advance(1_000);
  const [again] = await writer.write(lost, send(alice, direct));
  expect(again).toMatchObject({ conversationSeq: 3 });
  const { events } = await storage.history.range({ userId: alice, conversationId: direct, after: 0, limit: 10 });
  expect(events.map(({ conversationSeq }) => conversationSeq)).toEqual([1, 2, 3, 4]);
});

test('what the store lost is not marked as read, and other marks of the batch are', async () => {
  const state = createMemoryState();
  const storage = memoryStorage({ state });
  const writer = openWriter({ storage });
  await writer.write(send(alice, direct));
  const backup = structuredClone(state);
  await writer.write(send(alice, direct, { text: 'lost' }));

  restore(state, backup);
  await writer.clock.advance(1_000);
  expect(await writer.setBacks.current()).toBe(1);
  const replies = await writer.write(markRead(bob, direct, 3), markRead(bob, group, 1), markRead(bob, direct, 2));
  const refused = { code: 'invalid_input', field: 'readSeq' };
  expect(replies).toMatchObject([refused, refused, { conversationSeq: 2 }]);
  await writer.write(send(alice, direct, { text: 'new' }));
  expect(await storage.history.conversation(bob, direct)).toMatchObject({ readSeq: 2, unread: 1 });
});

test.each([
  ['when the writer does not know', false, ['invalid_input', 'message_not_found', 'message_not_found']],
  ['when others have written there', true, ['conflict', 'conflict', 'conflict']],
])('what names a place, and was queued before the store was set back, is refused: %s', async (_, isKnown, codes) => {
  const state = createMemoryState();
  const storage = memoryStorage({ state });
  const writer = openWriter({ storage });
  const kept = send(alice, direct);
  await writer.write(kept);
  const backup = structuredClone(state);
  await writer.write(send(alice, direct, { text: 'lost' }));

  restore(state, backup);
  if (isKnown) {
    await writer.clock.advance(1_000);
    await writer.write(send(alice, direct, { text: 'another' }));
    expect(writer.setBacks.count).toBe(1);
  }
  const target = { seq: 3 as ConversationSeq };
  const named = { senderId: alice, clientMessageId: kept.commandId };
  const calls = await writer.queueOf(0, [
    markRead(bob, direct, 3),
    edit(alice, direct, target, { text: 'not this one' }),
    react(bob, direct, target),
    edit(alice, direct, named, { text: 'edited' }),
    send(alice, direct, { text: 'one more' }),
  ]);
  await writer.carryOut();
  await writer.carryOutAside();
  const seqs = isKnown ? [4, 5] : [3, 4];
  const done = seqs.map((conversationSeq) => ({ conversationSeq }));
  expect(calls.map(writer.replyTo)).toMatchObject([...codes.map((code) => ({ code })), ...done]);
  expect(await storage.history.conversation(bob, direct)).toMatchObject({ readSeq: 0 });
});

test('what is to be told when the store is found set back is not told, and stays queued', async () => {
  const state = createMemoryState();
  const writer = openWriter({ storage: memoryStorage({ state }) });
  await writer.write(send(alice, direct));
  const backup = structuredClone(state);
  let isQueueAway = true;
  const { acknowledge } = writer.reader;
  writer.reader.acknowledge = async (ids) => {
    if (isQueueAway) throw new UnavailableError('the queue does not answer');
    await acknowledge(ids);
  };
  const calls = await writer.queue(send(alice, direct, { text: 'told' }));
  const signal = new AbortController().signal;
  const batch = async () => writer.transfer.carryOut(await writer.reader.read(10, signal), signal);
  await writer.clock.finish(batch());
  calls.push(...(await writer.queue(send(alice, direct, { text: 'not yet told' }))));
  void batch();
  await flushPromises();

  restore(state, backup);
  expect(writer.setBacks.isCurrent(1)).toBe(true);
  isQueueAway = false;
  await writer.clock.finish(writer.transfer.published());
  await flushPromises();
  expect(calls.map((call) => writer.isAnswered(call))).toEqual([true, false]);
  expect(writer.transfer.broken.aborted).toBe(true);
  expect(await writer.backlog()).toBe(2);
});

test('a commit that waited while the store was set back is looked up, and told as it is there', async () => {
  const state = createMemoryState();
  const storage = memoryStorage({ state });
  let before = async (): Promise<void> => {};
  const writer = openWriter({
    storage: {
      ...storage,
      commit: async (batch) => {
        await before();
        return storage.commit(batch);
      },
    },
  });
  await writer.write(send(alice, direct));
  const backup = structuredClone(state);
  await writer.write(send(alice, direct, { text: 'lost' }));
  const noticed = recorded(writer.events, 'store-set-back');
  before = async () => {
    before = async () => {};
    restore(state, backup);
    await writer.clock.advance(300);
  };
  const [told] = await writer.write(send(alice, directConversationId(alice, carol), { text: 'late' }));
  expect(noticed).toHaveLength(1);
  expect(told).toMatchObject({ conversationSeq: 2 });
  expect(writer.frames.at(-1)).toMatchObject({ setBacks: 1 });
});
