import { type CommandId, parseUserId, type UserId } from '@tidemark/core';
import { expect } from 'vitest';
import { conversationBuilder } from '../builders/conversation-builder.ts';
import { HOSTILE_TEXT, HOSTILE_USER_IDS, hostileContent } from '../builders/hostile-text.ts';
import { seededIds } from '../builders/seeded-ids.ts';
import { refOf } from '../builders/seq-counter.ts';
import type { ConformanceCase, OpenedHistory } from '../conformance-case.ts';
import { appended, canonical, keyOf, readBack } from './history-assertions.ts';

/** What may stand in a log: any text, any id, large and many. */
export const historyDataCases: readonly ConformanceCase<OpenedHistory>[] = [
  {
    name: 'history: text comes back code unit by code unit, whatever it looks like',
    run: async (open) => {
      await using opened = await open();
      const ids = seededIds();
      const alice = ids.userId('alice');
      const content = hostileContent();
      for (const title of HOSTILE_TEXT) {
        const chat = conversationBuilder({ ids, title });
        chat.message({ content: { text: title, [title]: 1 } });
        await appended(opened.history, chat.events);
        expect(await readBack(opened.history, chat.events)).toEqual(chat.events);
        const loaded = (await opened.history.load([chat.conversationId])).get(chat.conversationId);
        expect(loaded?.conversation.title).toBe(title);
        const summary = await opened.history.conversation(alice, chat.conversationId);
        expect([summary?.title, summary?.lastMessage?.content]).toEqual([title, { text: title, [title]: 1 }]);
      }
      const chat = conversationBuilder({ ids });
      const event = chat.message({ content });
      await appended(opened.history, chat.events);
      const [read] = await opened.history.findByRef([refOf(event)]);
      expect(read).toEqual(event);
      // toEqual forgives a lost `__proto__` key; text does not.
      expect(canonical(read)).toBe(canonical(event));
    },
  },
  {
    name: 'history: ids are data, told apart by every character and by case, up to their full length',
    run: async (open) => {
      await using opened = await open();
      const ids = seededIds();
      const users = HOSTILE_USER_IDS;
      const group = conversationBuilder({ ids, memberIds: users });
      await appended(opened.history, group.events);
      for (const userId of users) {
        const self = conversationBuilder({ ids, kind: 'self', memberIds: [userId] });
        const own = self.message({ from: userId, content: { of: userId }, commandId: "'$%_same" as CommandId });
        self.markRead(group.conversationId, 1);
        const direct = conversationBuilder({ ids, kind: 'direct', memberIds: [userId, parseUserId('y'.repeat(128))] });
        await appended(opened.history, [...self.events, ...direct.events]);
        expect(await opened.history.findByCommand([keyOf(own)])).toEqual([own]);
      }
      expect((await opened.history.load([group.conversationId])).get(group.conversationId)).toEqual(group.state);
      for (const userId of users) {
        const { conversations: listed } = await opened.history.conversations({ userId, limit: 10 });
        expect(listed.map((each) => each.kind).sort(), userId).toEqual(['direct', 'group', 'self']);
        expect(listed.find((each) => each.kind === 'self')?.lastMessage?.content).toEqual({ of: userId });
        expect(listed.find((each) => each.kind === 'group')?.readSeq).toBe(1);
      }
    },
  },
  {
    name: 'history: content of 1 MiB is stored and read whole',
    run: async (open) => {
      await using opened = await open();
      const chat = conversationBuilder();
      const event = chat.message({ content: { text: 'ü😀'.repeat(2 ** 20 / 6) } });
      const next = chat.message();
      await appended(opened.history, chat.events);
      expect(await readBack(opened.history, [event, next])).toEqual([event, next]);
    },
  },
  {
    name: 'history: 200 events and 1,000 members fit in one batch',
    run: async (open) => {
      await using opened = await open();
      const ids = seededIds();
      const members = Array.from({ length: 1_000 }, (_, n) => ids.userId(`member${n}`));
      const chat = conversationBuilder({ ids, memberIds: members });
      for (let n = 0; n < 199; n++) chat.message({ from: members[n] as UserId });
      await appended(opened.history, chat.events);
      expect(await readBack(opened.history, chat.events)).toEqual(chat.events);
      expect((await opened.history.load([chat.conversationId])).get(chat.conversationId)).toEqual(chat.state);
      expect(await opened.history.findByCommand(chat.events.map(keyOf))).toHaveLength(200);
      expect(await opened.history.memberships([chat.conversationId])).toHaveLength(1_000);
    },
  },
];
