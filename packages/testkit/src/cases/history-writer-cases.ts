import { type CommandId, type Event, type HistoryStore, refKey } from '@tidemark/core';
import { expect } from 'vitest';
import { conversationBuilder } from '../builders/conversation-builder.ts';
import { inBatches } from '../builders/random-log.ts';
import { seededIds } from '../builders/seeded-ids.ts';
import type { ConformanceCase, OpenedHistory } from '../conformance-case.ts';
import { patiently } from '../writer-model.ts';
import { appended, byPlace, holdsNothingOf, keyOf, readBack, tables } from './history-assertions.ts';

/** Several writers at once, and one after another. */
export const historyWriterCases: readonly ConformanceCase<OpenedHistory>[] = [
  {
    name: 'history: of two writers that race for one conversationSeq exactly one wins, and the other leaves nothing',
    run: async (open) => {
      await using opened = await open();
      const writers = [opened.history, await opened.reopen()];
      const ids = seededIds();
      for (let round = 0; round < 10; round++) {
        const chat = conversationBuilder({ ids });
        await appended(opened.history, chat.events);
        const next = chat.message();
        // Each brings a conversation along, which must share its fate.
        const batches = writers.map((_, n) => {
          const along = conversationBuilder({ ids });
          return [
            ...along.events,
            { ...next, commandId: `${round}-${n}` as CommandId, message: { type: 'by', content: { n } } },
          ];
        });
        const outcomes = await Promise.all(
          batches.map((batch, n) => patiently(() => (writers[n] as HistoryStore).append(batch))),
        );
        expect(outcomes.map((each) => each.conflict).sort()).toEqual(['event', undefined]);
        const won = outcomes.findIndex((each) => each.conflict === undefined);
        expect(await readBack(opened.history, batches[won] as Event[])).toEqual(byPlace(batches[won] as Event[]));
        const lost = batches[1 - won] as Event[];
        await holdsNothingOf(opened.history, lost.slice(0, -1));
        expect(await opened.history.findByCommand([keyOf(lost.at(-1) as Event)])).toEqual([]);
      }
    },
  },
  {
    name: 'history: of two writers that carry out one command in two conversations exactly one wins',
    run: async (open) => {
      await using opened = await open();
      const writers = [opened.history, await opened.reopen()];
      const ids = seededIds();
      for (let round = 0; round < 10; round++) {
        const commandId = ids.commandId();
        const chats = writers.map(() => conversationBuilder({ ids }));
        for (const chat of chats) chat.message({ commandId });
        const outcomes = await Promise.all(
          chats.map((chat, n) => patiently(() => (writers[n] as HistoryStore).append(chat.events))),
        );
        expect(outcomes.map((each) => each.conflict).sort()).toEqual(['event', undefined]);
        const [found, ...more] = await opened.history.findByCommand([{ actorId: ids.userId('alice'), commandId }]);
        expect(more).toEqual([]);
        const won = chats[outcomes.findIndex((each) => each.conflict === undefined)];
        expect(found?.conversationId).toBe(won?.conversationId);
        await holdsNothingOf(opened.history, (chats.find((chat) => chat !== won) as typeof won)?.events ?? []);
      }
    },
  },
  {
    name: 'history: remembers which events of a composed storage are undelivered, in the transaction that appends them',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const chat = conversationBuilder();
      const refs = (events: readonly Event[]) => byPlace(events).map(refKey);
      const undelivered = async () => (await (await opened.reopen()).undelivered()).map(refKey).sort();
      await appended(history, chat.events);
      expect(await undelivered()).toEqual([]);
      const [second, third] = [chat.message(), chat.message()];
      expect(await history.append([second, third], { delivered: [] })).toEqual({ conflict: undefined });
      expect(await undelivered()).toEqual(refs([second, third]));
      const taken = { ...chat.message(), conversationSeq: third.conversationSeq };
      expect(await history.append([taken], { delivered: [second] })).toEqual({ conflict: 'event' });
      expect(await undelivered()).toEqual(refs([second, third]));
      const fourth = { ...taken, conversationSeq: (third.conversationSeq + 1) as Event['conversationSeq'] };
      expect(await history.append([fourth], { delivered: [second] })).toEqual({ conflict: undefined });
      expect(await undelivered()).toEqual(refs([third, fourth]));
      await history.markDelivered([]);
      await history.markDelivered([second, fourth]);
      expect(await undelivered()).toEqual(refs([third]));
    },
  },
  {
    name: 'history: writers of different conversations do not get in each other’s way',
    run: async (open) => {
      await using opened = await open();
      const writers = [opened.history, await opened.reopen()];
      const ids = seededIds();
      const chats = Array.from({ length: 20 }, () => {
        const chat = conversationBuilder({ ids });
        for (let n = 0; n < 5; n++) chat.message();
        return chat;
      });
      await Promise.all(
        chats.map(async (chat, n) => {
          for (const batch of inBatches(chat.events, [2])) await appended(writers[n % 2] as HistoryStore, batch);
        }),
      );
      const states = await opened.history.load(chats.map((chat) => chat.conversationId));
      for (const chat of chats) expect(states.get(chat.conversationId)).toEqual(chat.state);
    },
  },
  {
    name: 'history: everything is there after a restart, and opening is idempotent',
    run: async (open) => {
      await using opened = await open();
      const ids = seededIds();
      const carol = ids.userId('carol');
      const chat = conversationBuilder({ ids, title: 'kept' });
      chat.add([carol]);
      chat.message();
      chat.remove([carol]);
      const self = conversationBuilder({ ids, kind: 'self' });
      self.markRead(chat.conversationId, 2);
      await appended(opened.history, [...chat.events, ...self.events]);
      const all = [chat.conversationId, self.conversationId];
      const before = await tables(opened.history, all);
      const listed = await opened.history.conversations({ userId: ids.userId('alice'), limit: 10 });

      for (const history of await Promise.all([opened.reopen(), opened.reopen()])) {
        await history.open();
        expect(await tables(history, all)).toEqual(before);
        expect(await readBack(history, chat.events)).toEqual(chat.events);
        expect(await history.conversations({ userId: ids.userId('alice'), limit: 10 })).toEqual(listed);
      }
    },
  },
];
