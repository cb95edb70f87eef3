import type { HistoryStore, Mentions, UserId } from '@tidemark/core';
import { expect } from 'vitest';
import { type ConversationBuilder, conversationBuilder } from '../builders/conversation-builder.ts';
import { seededIds } from '../builders/seeded-ids.ts';
import type { ConformanceCase, OpenedHistory } from '../conformance-case.ts';
import { appended } from './history-assertions.ts';

/** How many of the unread messages mention a member. */
export const historyMentionCases: readonly ConformanceCase<OpenedHistory>[] = [
  {
    name: 'mentions: those unread are what mentions a user now, by an edit less, by a revoke less, by reading less',
    run: async (open) => {
      await using opened = await open();
      const { chat, alice, bob, carol, self } = talk();
      const { history } = opened;
      const [first, second, third] = [
        chat.message({ mentions: { users: [bob, carol] } }),
        chat.message({ mentions: { users: [bob] } }),
        chat.message(),
      ] as const;
      await appended(history, [...chat.emitted, self.created]);
      const counted = (userId: UserId) => countedBy(history, chat, userId);
      expect([await counted(bob), await counted(carol), await counted(alice)]).toEqual([
        [3, 2],
        [3, 1],
        [0, 0],
      ]);
      await appended(history, [chat.edit(second)]);
      expect([await counted(bob), await counted(carol)]).toEqual([
        [3, 1],
        [3, 1],
      ]);
      await appended(history, [chat.edit(second, { mentions: { users: [carol] } })]);
      expect([await counted(bob), await counted(carol)]).toEqual([
        [3, 1],
        [3, 2],
      ]);
      await appended(history, [chat.edit(third, { mentions: { users: [bob] } }), chat.revoke([second])]);
      expect([await counted(bob), await counted(carol)]).toEqual([
        [2, 2],
        [2, 1],
      ]);
      await appended(history, [self.markRead(chat.conversationId, first.conversationSeq)]);
      const reopened = await opened.reopen();
      expect(await countedBy(reopened, chat, bob)).toEqual([1, 1]);
      expect(await countedBy(reopened, chat, carol)).toEqual([2, 1]);
    },
  },
  {
    name: 'mentions: all are every member but the author, whom it names too counts once, and who joins later is not meant',
    run: async (open) => {
      await using opened = await open();
      const { chat, alice, bob, carol, dave } = talk();
      const { history } = opened;
      const all: Mentions = { users: [bob], all: true };
      const [first, second] = [chat.message({ mentions: all }), chat.message({ mentions: { users: [], here: true } })];
      chat.add([dave]);
      await appended(history, chat.emitted);
      const counted = async () =>
        Promise.all([alice, bob, carol, dave].map(async (userId) => (await countedBy(history, chat, userId))[1]));
      expect(await counted()).toEqual([0, 2, 2, 0]);
      await appended(history, [chat.edit(first, { mentions: { users: [bob] } })]);
      expect(await counted()).toEqual([0, 2, 1, 0]);
      await appended(history, [chat.message({ from: bob, mentions: { users: [], all: true } }), chat.edit(second)]);
      expect(await counted()).toEqual([1, 1, 1, 1]);
      await appended(history, [chat.remove([carol]), chat.add([carol])]);
      expect(await counted()).toEqual([1, 1, 0, 1]);
    },
  },
];

function talk() {
  const ids = seededIds();
  const [alice, bob, carol, dave] = ['alice', 'bob', 'carol', 'dave'].map((name) => ids.userId(name)) as [
    UserId,
    UserId,
    UserId,
    UserId,
  ];
  const chat = conversationBuilder({ ids, memberIds: [alice, bob, carol] });
  const self = conversationBuilder({ ids, kind: 'self', memberIds: [bob] });
  return { alice, bob, carol, dave, chat, self };
}

/** What is unread, and what of that mentions the user: in the list and alone. */
async function countedBy(
  history: HistoryStore,
  { conversationId }: ConversationBuilder,
  userId: UserId,
): Promise<readonly (number | undefined)[]> {
  const summary = await history.conversation(userId, conversationId);
  const { conversations } = await history.conversations({ userId, limit: 5 });
  expect(conversations).toEqual([summary]);
  return [summary?.unread, summary?.unreadMentions];
}
