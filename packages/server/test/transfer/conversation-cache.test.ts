import type { ConversationState } from '@tidemark/core';
import { conversationBuilder, seededIds } from '@tidemark/testkit';
import { expect, test } from 'vitest';
import { resultOf } from '../../src/features/deciding.ts';
import { ConversationCache } from '../../src/transfer/conversation-cache.ts';

const ids = seededIds();
const chats = [0, 1, 2].map(() => conversationBuilder({ ids }));
const entry = (index: number): [ConversationState['conversation']['conversationId'], ConversationState] => {
  const { state } = chats[index] as (typeof chats)[number];
  return [state.conversation.conversationId, state];
};

/** What each of `chats` weighs. */
const WEIGHT = 6 + entry(0)[1].members.size;

test('beyond its limit the conversation that was asked for least recently is forgotten', () => {
  const cache = new ConversationCache({ members: 2 * WEIGHT, commands: 2 });
  cache.keep([entry(0), entry(1)], []);
  expect(cache.state(entry(0)[0])).toBe(entry(0)[1]);
  cache.keep([entry(2)], []);
  const known = [0, 1, 2].map((index) => cache.state(entry(index)[0]) !== undefined);
  expect(known).toEqual([true, false, true]);
});

test('a large group takes the place of many small conversations', () => {
  const memberIds = Array.from({ length: 100 }, (_, index) => ids.userId(`member${index}`));
  const { state: group } = conversationBuilder({ ids, memberIds });
  const cache = new ConversationCache({ members: 100, commands: 2 });
  cache.keep([entry(0), entry(1), entry(2)], []);
  expect(cache.state(entry(0)[0])).toBe(entry(0)[1]);
  cache.keep([[group.conversation.conversationId, group]], []);
  expect(cache.state(group.conversation.conversationId)).toBe(group);
  cache.keep([[group.conversation.conversationId, group]], []);
  expect(cache.state(entry(0)[0])).toBeUndefined();
});

test('what a command did is remembered by who gave it, the oldest forgotten beyond twice the limit', () => {
  const cache = new ConversationCache({ members: 100, commands: 2 });
  const [chat] = chats as [(typeof chats)[number]];
  const events = Array.from({ length: 5 }, () => chat.message());
  cache.keep([], events);
  const results = events.map((event) => cache.result({ actorId: event.actorId, commandId: event.commandId as never }));
  expect(results).toEqual([undefined, undefined, ...events.slice(2).map(resultOf)]);
  expect(cache.result({ actorId: ids.userId('bob'), commandId: events[2]?.commandId as never })).toBeUndefined();
});

test('once cleared, nothing is remembered', () => {
  const cache = new ConversationCache({ members: 100, commands: 2 });
  const [chat] = chats as [(typeof chats)[number]];
  const event = chat.message();
  cache.keep([entry(0)], [event]);
  cache.clear();
  expect(cache.state(entry(0)[0])).toBeUndefined();
  expect(cache.result({ actorId: event.actorId, commandId: event.commandId as never })).toBeUndefined();
});
