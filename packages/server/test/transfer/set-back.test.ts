import { createMemoryState, memoryStorage } from '@tidemark/storage-memory';
import { expect, test } from 'vitest';
import { alice, direct, send } from '../support/commands.ts';
import { openWriter } from '../support/writer.ts';

test('a writer whose store was set back goes on from what the store has, and believes no receipt of before', async () => {
  const state = createMemoryState();
  const storage = memoryStorage({ state });
  const writer = openWriter({ storage });
  await writer.write(send(alice, direct));
  const backup = structuredClone(state);
  const lost = send(alice, direct, { text: 'lost' });
  await writer.write(lost, send(alice, direct));

  for (const name of ['conversations', 'conversationsOf', 'commands', 'inboxes'] as const) {
    state[name].clear();
    for (const [key, value] of backup[name]) state[name].set(key as never, value as never);
  }
  await writer.clock.advance(1_000);
  const [again] = await writer.write(lost, send(alice, direct));
  expect(again).toMatchObject({ conversationSeq: 3 });
  const { events } = await storage.history.range({ userId: alice, conversationId: direct, after: 0, limit: 10 });
  expect(events.map(({ conversationSeq }) => conversationSeq)).toEqual([1, 2, 3, 4]);
});
