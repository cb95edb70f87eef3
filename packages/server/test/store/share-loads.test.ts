import { type ConversationId, type ConversationState, UnavailableError } from '@tidemark/core';
import { conversationBuilder, seededIds } from '@tidemark/testkit';
import { expect, test } from 'vitest';
import { shareLoads } from '../../src/store/share-loads.ts';

const ids = seededIds();
const states = new Map<ConversationId, ConversationState>(
  [0, 1, 2].map(() => {
    const { state } = conversationBuilder({ ids });
    return [state.conversation.conversationId, state] as const;
  }),
);
const [first, second, third] = [...states.keys()] as [ConversationId, ConversationId, ConversationId];
const unknown = 'g:unknown' as ConversationId;

/** A history that notes what it was asked for, and fails as told. */
function history(failure: (conversationIds: readonly ConversationId[]) => Error | undefined = () => undefined) {
  const asked: (readonly ConversationId[])[] = [];
  return {
    asked,
    load: async (conversationIds: readonly ConversationId[]) => {
      asked.push(conversationIds);
      const error = failure(conversationIds);
      if (error) throw error;
      return new Map([...states].filter(([conversationId]) => conversationIds.includes(conversationId)));
    },
  };
}

test('what is asked in one turn is read at once, and each is given its own', async () => {
  const store = history();
  const load = shareLoads(store);
  const [one, two] = await Promise.all([load([first, unknown]), load([second, third])]);
  expect([...one]).toEqual([[first, states.get(first)]]);
  expect([...two.keys()]).toEqual([second, third]);
  expect(store.asked).toEqual([[first, unknown, second, third]]);
  expect((await load([first])).size).toBe(1);
  expect(store.asked).toHaveLength(2);
});

test('one that cannot be read fails for those who asked for it, and nobody else', async () => {
  const store = history((conversationIds) => (conversationIds.includes(second) ? new Error('a defect') : undefined));
  const load = shareLoads(store);
  const [one, two] = await Promise.allSettled([load([first]), load([second])]);
  expect(one).toMatchObject({ status: 'fulfilled', value: new Map([[first, states.get(first)]]) });
  expect(two).toMatchObject({ status: 'rejected', reason: { message: 'a defect' } });
});

test('a store that cannot be reached is not asked once more for each', async () => {
  const store = history(() => new UnavailableError('no connection'));
  const load = shareLoads(store);
  const outcomes = await Promise.allSettled([load([first]), load([second])]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(store.asked).toHaveLength(1);
});
