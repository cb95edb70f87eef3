import { DEFAULT_SETTINGS, type HistoryStore, selfConversationId, type UserId } from '@tidemark/core';
import { expect } from 'vitest';
import { conversationBuilder } from '../builders/conversation-builder.ts';
import { seededIds } from '../builders/seeded-ids.ts';
import type { ConformanceCase, OpenedHistory } from '../conformance-case.ts';
import { appended } from './history-assertions.ts';

/** How each user sees a conversation: registers of their own, set by events of the conversation of that user alone. */
export const historySettingsCases: readonly ConformanceCase<OpenedHistory>[] = [
  {
    name: 'settings: a summary holds those of its user, and nobody else has them',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const { chat, alice, bob, self } = groupOfTwo();
      const settings = { pinned: true, mutedUntil: Number.MAX_SAFE_INTEGER, remark: 'a "note" 👩🏽‍🚀' };
      await appended(history, [...chat.events, ...self.events, self.set(chat.conversationId, settings)]);
      const expected = { settings: { ...DEFAULT_SETTINGS, ...settings }, ownSeq: 2 };
      expect(await history.conversation(alice, chat.conversationId)).toMatchObject(expected);
      expect((await history.conversations({ userId: alice, limit: 5 })).conversations[0]).toMatchObject(expected);
      const untouched = { settings: DEFAULT_SETTINGS, ownSeq: 0 };
      expect(await history.conversation(bob, chat.conversationId)).toMatchObject(untouched);
    },
  },
  {
    name: 'settings: the last in the order of the log stands, in one batch and over several',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const { chat, alice, self } = groupOfTwo();
      await appended(history, [...chat.events, ...self.events]);
      const [on, off] = [true, false].map((pinned) => self.set(chat.conversationId, { pinned }));
      await appended(
        history,
        [on, off].flatMap((event) => event ?? []),
      );
      expect(await history.conversation(alice, chat.conversationId)).toMatchObject({
        settings: { pinned: false },
        ownSeq: 3,
      });
      await appended(history, [self.set(chat.conversationId, { notify: 'mentions' })]);
      await appended(history, [self.set(chat.conversationId, { markedUnread: true })]);
      await appended(history, [self.markRead(chat.conversationId, 1)]);
      const last = { settings: { ...DEFAULT_SETTINGS, notify: 'mentions' }, ownSeq: 6, readSeq: 1 };
      expect(await history.conversation(alice, chat.conversationId)).toMatchObject(last);
    },
  },
  {
    name: 'settings: what a writer looks up is the register of its user',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const { chat, alice, bob, self } = groupOfTwo();
      await appended(history, [...chat.events, ...self.events, self.set(chat.conversationId, { archived: true })]);
      const key = { conversationId: chat.conversationId, target: 0, name: 'settings', key: '' } as const;
      expect(await history.findRegisters([{ ...key, owner: alice }])).toEqual([
        { ...key, owner: alice, value: { ...DEFAULT_SETTINGS, archived: true }, seq: 2 },
      ]);
      expect(await history.findRegisters([{ ...key, owner: bob }])).toEqual([]);
      expect(
        await history.findRegisters([{ ...key, conversationId: selfConversationId(alice), owner: alice }]),
      ).toEqual([]);
    },
  },
  {
    name: 'settings: what is hidden until news is not listed, is summarised, and is listed with the next message',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const { chat, alice, bob, self, ids } = groupOfTwo();
      const other = conversationBuilder({ ids, memberIds: [alice, bob] });
      chat.message({ from: bob });
      await appended(history, [...chat.events, ...other.events, ...self.events]);
      await appended(history, [self.set(chat.conversationId, { hiddenUntilNews: 2 })]);
      expect(await listed(history, alice)).toEqual([other.conversationId]);
      expect(await listed(history, bob)).toHaveLength(2);
      expect(await history.conversation(alice, chat.conversationId)).toMatchObject({
        settings: { hiddenUntilNews: 2 },
      });
      // What is hidden takes no place of a page.
      expect(await history.conversations({ userId: alice, limit: 1 })).toMatchObject({ hasMore: false });
      await appended(history, [chat.add([ids.userId('carol')])]);
      expect(await listed(history, alice), 'who joins is no news').toEqual([other.conversationId]);
      await appended(history, [chat.message({ from: bob })]);
      expect(await listed(history, alice)).toEqual([chat.conversationId, other.conversationId]);
      await appended(history, [self.set(chat.conversationId, { hiddenUntilNews: 4 })]);
      expect(await listed(history, alice)).toEqual([other.conversationId]);
      await appended(history, [self.set(chat.conversationId, { hiddenUntilNews: null })]);
      expect(await listed(history, alice)).toHaveLength(2);
    },
  },
];

function groupOfTwo() {
  const ids = seededIds();
  const [alice, bob] = ['alice', 'bob'].map((name) => ids.userId(name)) as [UserId, UserId];
  const chat = conversationBuilder({ ids, memberIds: [alice, bob] });
  return { ids, alice, bob, chat, self: conversationBuilder({ ids, kind: 'self', memberIds: [alice] }) };
}

async function listed(history: HistoryStore, userId: UserId): Promise<string[]> {
  const { conversations } = await history.conversations({ userId, limit: 10 });
  return conversations.map(({ conversationId }) => conversationId);
}
