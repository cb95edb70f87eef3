import { type HistoryStore, type MessageSent, type Register, registerKey, type UserId } from '@tidemark/core';
import { expect } from 'vitest';
import { type ConversationBuilder, conversationBuilder } from '../builders/conversation-builder.ts';
import { seededIds } from '../builders/seeded-ids.ts';
import type { ConformanceCase, OpenedHistory } from '../conformance-case.ts';
import { appended, reactionRegisters } from './history-assertions.ts';

/** Keys that a store may take for one another: by case, accent, skin, variation, what is joined, and what an address escapes. */
const KEYS = [
  'a',
  'A',
  'ä',
  'a\u0308',
  '%',
  '%25',
  '👍',
  '👍🏽',
  '❤',
  '❤️',
  '👨‍👩‍👧',
  "'",
  '_',
  '\u{10FFFF}'.repeat(16),
];

/** Registers of users, counted by another: what pages carry of them, and who has them. */
export const historyReactionCases: readonly ConformanceCase<OpenedHistory>[] = [
  {
    name: 'reactions: keys are data, and each has its own count and owners',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const { chat, message, users } = group(KEYS.length);
      for (const [nth, key] of KEYS.entries()) for (const from of users.slice(nth)) chat.react(message, key, { from });
      await appended(history, chat.events);
      const viewer = users[3] as UserId;
      expect(await shown(history, chat, message, viewer)).toEqual(expected(chat, message, viewer));
      for (const [nth, key] of KEYS.entries()) {
        expect(await ownersOf(history, chat, message, key, { limit: 20 }), key).toEqual(users.slice(nth).reverse());
      }
      expect(await shown(await opened.reopen(), chat, message, viewer)).toEqual(expected(chat, message, viewer));
    },
  },
  {
    name: 'reactions: a viewer is shown the counts and their own, each once, of the events that were asked for',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const { chat, message, users } = group(3);
      const [alice, bob, carol] = users as [UserId, UserId, UserId];
      const other = chat.message();
      chat.react(message, '👍', { from: alice });
      chat.react(other, '👍', { from: bob });
      chat.react(message, '👎', { from: carol });
      chat.edit(message);
      await appended(history, chat.events);
      for (const viewer of users) {
        const found = await shown(history, chat, message, viewer);
        expect(found.filter(({ name }) => name !== 'content')).toEqual(expected(chat, message, viewer));
        expect(found.map(({ name }) => name)).toContain('content');
        expect(found.map(({ name }) => name)).not.toContain('version');
      }
      const { conversationId } = chat;
      const views = [message, other, message].map(({ conversationSeq: target }) => ({
        conversationId,
        target,
        viewer: bob,
      }));
      const both = (await history.findShown(views)).filter(({ name }) => name !== 'content');
      expect(sorted(both)).toEqual(sorted([...expected(chat, message, bob), ...expected(chat, other, bob)]));
      expect(await history.findShown([])).toEqual([]);
      expect(await history.findShown([{ conversationId, target: chat.state.head + 1, viewer: bob }])).toEqual([]);
    },
  },
  {
    name: 'reactions: what was taken back is not set any more, in its batch and in later ones',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const { chat, message, users } = group(3);
      const [alice, bob] = users as [UserId, UserId];
      chat.react(message, '👍', { from: alice });
      chat.react(message, '👍', { from: bob });
      chat.react(message, '👍', { from: alice, on: false });
      await appended(history, chat.events);
      expect(await ownersOf(history, chat, message, '👍', { limit: 5 })).toEqual([bob]);
      expect(await shown(history, chat, message, alice)).toEqual(expected(chat, message, alice));

      const off = chat.react(message, '👍', { from: bob, on: false });
      await appended(history, [off]);
      const { conversationId } = chat;
      const of = { conversationId, target: message.conversationSeq, key: '👍' };
      const keys = [
        { ...of, name: 'reaction' as const, owner: bob },
        { ...of, name: 'reactions' as const, owner: null },
      ];
      expect(await history.findRegisters(keys)).toEqual([]);
      expect(await shown(history, chat, message, bob)).toEqual([]);
      expect(await ownersOf(history, chat, message, '👍', { limit: 5 })).toEqual([]);

      await appended(history, [chat.react(message, '👍', { from: bob })]);
      expect(await shown(history, chat, message, bob)).toEqual(expected(chat, message, bob));
      expect(await history.findRegisters(keys)).toHaveLength(2);
    },
  },
  {
    name: 'reactions: owners come page by page, the last to set it first',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const { chat, message, users } = group(9);
      for (const from of users) chat.react(message, '👍', { from });
      const [first, , third] = users as [UserId, UserId, UserId];
      chat.react(message, '👍', { from: third, on: false });
      chat.react(message, '👍', { from: first, on: false });
      chat.react(message, '👍', { from: first });
      for (const from of users.slice(0, 2)) chat.react(message, '👎', { from });
      await appended(history, chat.events);
      const order = [first, ...users.slice(3).reverse(), users[1] as UserId];
      const seqOf = (userId: UserId) =>
        chat.events.findLast(
          (event) => event.type === 'reaction.changed' && event.key === '👍' && event.actorId === userId,
        )?.conversationSeq as number;
      expect(await ownersOf(history, chat, message, '👍', { limit: 3 })).toEqual(order.slice(0, 3));
      const before = seqOf(order[2] as UserId);
      expect(await ownersOf(history, chat, message, '👍', { limit: 3, before })).toEqual(order.slice(3, 6));
      expect(await ownersOf(history, chat, message, '👍', { limit: 30, before })).toEqual(order.slice(3));
      expect(
        await ownersOf(history, chat, message, '👍', { limit: 30, before: seqOf(order.at(-1) as UserId) }),
      ).toEqual([]);

      const { conversationId } = chat;
      const of = (key: string) => ({ conversationId, target: message.conversationSeq, name: 'reaction' as const, key });
      const several = await history.owners({ of: [of('👍'), of('👎'), of('👍'), of('none')], limit: 2 });
      expect(several.map(({ key, owner }) => `${key} ${owner}`).sort()).toEqual(
        [`👍 ${order[0]}`, `👍 ${order[1]}`, `👎 ${users[0]}`, `👎 ${users[1]}`].sort(),
      );
      expect(await history.owners({ of: [], limit: 2 })).toEqual([]);
    },
  },
  {
    name: 'reactions: a former member is told of counts of while they were one',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const { chat, message, users } = group(3);
      const [alice, bob, carol] = users as [UserId, UserId, UserId];
      chat.react(message, '👍', { from: bob });
      chat.react(message, '👎', { from: carol });
      chat.remove([bob], bob);
      const end = chat.state.head;
      chat.react(message, '👍', { from: alice });
      await appended(history, chat.events);
      const ask = async (userId: UserId) => {
        const page = await history.range({ userId, conversationId: chat.conversationId, limit: 20 });
        return { registers: sorted(page.registers), asOf: page.asOf };
      };
      const seen = expected(chat, message, bob).filter(({ seq, key }) => seq <= end && key === '👎');
      expect(await ask(bob)).toEqual({ registers: seen, asOf: end });
      expect(await ask(alice)).toEqual({ registers: expected(chat, message, alice), asOf: end + 1 });
    },
  },
  {
    name: 'reactions: counts are among the bytes of a page',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const { chat, users } = group(2);
      const messages = Array.from({ length: 4 }, () => chat.message());
      for (const each of messages) for (const key of KEYS) chat.react(each, key, { from: users[1] as UserId });
      await appended(history, chat.events);
      const from = (messages[0] as MessageSent).conversationSeq;
      const pageOf = async (bytes: number) => {
        const query = { userId: users[0] as UserId, conversationId: chat.conversationId, after: from - 1 };
        return (await history.range({ ...query, limit: 4, bytes })).events.length;
      };
      // A message by itself has less than 200 bytes, and its counts have at least 14 times 30.
      expect(await pageOf(1_000)).toBeLessThan(3);
      expect(await pageOf(100_000)).toBe(4);
    },
  },
];

/** A group with a message of its creator. */
function group(size: number) {
  const ids = seededIds();
  const users = Array.from({ length: size }, (_, nth) => ids.userId(`user${String(nth).padStart(2, '0')}`));
  const chat = conversationBuilder({ ids, memberIds: users });
  return { chat, message: chat.message(), users };
}

async function shown(history: HistoryStore, chat: ConversationBuilder, message: MessageSent, viewer: UserId) {
  const { conversationId } = chat;
  return sorted(await history.findShown([{ conversationId, target: message.conversationSeq, viewer }]));
}

function expected(chat: ConversationBuilder, message: MessageSent, viewer: UserId): Register[] {
  return sorted(reactionRegisters(chat, message, viewer));
}

async function ownersOf(
  history: HistoryStore,
  { conversationId }: ConversationBuilder,
  { conversationSeq: target }: MessageSent,
  key: string,
  page: { readonly limit: number; readonly before?: number },
) {
  const found = await history.owners({ of: [{ conversationId, target, name: 'reaction', key }], ...page });
  return found.sort((a, b) => b.seq - a.seq).map(({ owner }) => owner);
}

function sorted(registers: readonly Register[]): Register[] {
  return [...registers].sort((a, b) => (registerKey(a) < registerKey(b) ? -1 : 1));
}
