import type { ConversationSeq, Event, HistoryQuery, HistoryStore, UserId } from '@tidemark/core';
import { project, recipientsAsOf } from '@tidemark/core';
import fc from 'fast-check';
import { expect } from 'vitest';
import { conversationBuilder } from '../builders/conversation-builder.ts';
import { buildLog, logSteps, logUsers } from '../builders/random-log.ts';
import { seededIds } from '../builders/seeded-ids.ts';
import type { ConformanceCase, OpenedHistory } from '../conformance-case.ts';
import { appended } from './history-assertions.ts';

const NOTHING = { events: [], registers: [], asOf: 0, hasMore: false };

/** Pages of one conversation, in both directions, within the stays of who asks. */
export const historyRangeCases: readonly ConformanceCase<OpenedHistory>[] = [
  {
    name: 'range: after ascends, before descends, neither gives the newest descending',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const ids = seededIds();
      const chat = conversationBuilder({ ids });
      for (let n = 2; n <= 10; n++) chat.message();
      await appended(history, chat.events);
      const ask = asking(history, { userId: ids.userId('bob'), conversationId: chat.conversationId });

      expect(await ask({ after: 0, limit: 3 })).toEqual([1, 2, 3]);
      expect(await ask({ after: 3, limit: 3 })).toEqual([4, 5, 6]);
      expect(await ask({ after: 8, limit: 3 })).toEqual([9, 10]);
      expect(await ask({ after: 10, limit: 3 })).toEqual([]);
      expect(await ask({ before: 11, limit: 3 })).toEqual([10, 9, 8]);
      expect(await ask({ before: 4, limit: 5 })).toEqual([3, 2, 1]);
      expect(await ask({ before: 1, limit: 5 })).toEqual([]);
      expect(await ask({ limit: 1 })).toEqual([10]);
      expect(await ask({ limit: 100 })).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
      const { events: page } = await history.range({
        userId: ids.userId('bob'),
        conversationId: chat.conversationId,
        after: 0,
        limit: 10,
      });
      expect(page).toEqual(chat.events);
    },
  },
  {
    name: 'range: a page ends at its limit or its bytes, whichever comes first, and says for certain whether there is more',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const ids = seededIds();
      const chat = conversationBuilder({ ids });
      // Places 2 to 9, of 10 kB each.
      for (let n = 2; n <= 9; n++) chat.message({ content: { text: 'x'.repeat(10_000) } });
      await appended(history, chat.events);
      const who = { userId: ids.userId('bob'), conversationId: chat.conversationId };
      const ask = async (query: Omit<HistoryQuery, 'userId' | 'conversationId'>) => {
        const page = await history.range({ ...who, ...query });
        return [page.events.map((event) => event.conversationSeq), page.hasMore];
      };
      expect(await ask({ after: 0, limit: 8 })).toEqual([[1, 2, 3, 4, 5, 6, 7, 8], true]);
      expect(await ask({ after: 0, limit: 9 })).toEqual([[1, 2, 3, 4, 5, 6, 7, 8, 9], false]);
      expect(await ask({ after: 1, limit: 9, bytes: 35_000 })).toEqual([[2, 3, 4], true]);
      expect(await ask({ after: 6, limit: 9, bytes: 35_000 })).toEqual([[7, 8, 9], false]);
      expect(await ask({ limit: 9, bytes: 35_000 })).toEqual([[9, 8, 7], true]);
      expect(await ask({ before: 4, limit: 2, bytes: 35_000 })).toEqual([[3, 2], true]);
      expect(await ask({ before: 9, limit: 9, bytes: 1 })).toEqual([[8], true]);
      expect(await ask({ after: 8, limit: 9, bytes: 1 })).toEqual([[9], false]);
      expect(await ask({ after: 9, limit: 9, bytes: 1 })).toEqual([[], false]);

      // Found by their places: a beginning, in the order in which they were asked for.
      const refs = [9, 4, 2, 7].map((seq) => ({ ...who, conversationSeq: seq as ConversationSeq }));
      const found = await history.findByRef(refs, 25_000);
      expect(found.map((event) => event.conversationSeq).sort()).toEqual([4, 9]);
      expect(await history.findByRef(refs, 1)).toHaveLength(1);
      expect(await history.findByRef(refs, 1_000_000)).toHaveLength(4);
    },
  },
  {
    name: 'range: a stranger, and a conversation that does not exist, get nothing',
    run: async (open) => {
      await using opened = await open();
      const ids = seededIds();
      const chat = conversationBuilder({ ids });
      await appended(opened.history, [chat.created, chat.message()]);
      const stranger = { userId: ids.userId('mallory'), conversationId: chat.conversationId };
      for (const bound of [{}, { after: 0 }, { before: 9 }]) {
        expect(await opened.history.range({ ...stranger, ...bound, limit: 10 })).toEqual(NOTHING);
        const nowhere = { userId: ids.userId('alice'), conversationId: ids.groupId() };
        expect(await opened.history.range({ ...nowhere, ...bound, limit: 10 })).toEqual(NOTHING);
      }
    },
  },
  {
    name: 'range: a member sees nothing before joining or after leaving, through every stay',
    run: async (open) => {
      await using opened = await open();
      const ids = seededIds();
      const carol = ids.userId('carol');
      const chat = conversationBuilder({ ids });
      chat.message();
      chat.add([carol]); // 3
      chat.message();
      chat.remove([carol]); // 5
      chat.message();
      chat.message();
      await appended(opened.history, chat.events);
      const ask = asking(opened.history, { userId: carol, conversationId: chat.conversationId });
      expect(await ask({ after: 0, limit: 10 })).toEqual([3, 4, 5]);
      expect(await ask({ limit: 10 })).toEqual([5, 4, 3]);

      await appended(opened.history, [chat.add([carol]), chat.message(), chat.remove([carol], carol), chat.message()]); // 8 … 11
      expect(await ask({ after: 0, limit: 10 })).toEqual([3, 4, 5, 8, 9, 10]);
      // A page counts what is visible, across the time away.
      expect(await ask({ after: 3, limit: 3 })).toEqual([4, 5, 8]);
      expect(await ask({ before: 9, limit: 3 })).toEqual([8, 5, 4]);
      expect(await ask({ limit: 2 })).toEqual([10, 9]);
      expect(await ask({ after: 5, limit: 1 })).toEqual([8]);
    },
  },
  {
    name: 'range: any page equals the log cut by stays, bound and limit',
    run: async (open) => {
      await using opened = await open();
      const bounds = fc.record({
        direction: fc.constantFrom('after', 'before', 'newest'),
        bound: fc.nat(45),
        limit: fc.integer({ min: 1, max: 12 }),
        who: fc.nat(3),
      });
      let run = 0;
      await fc.assert(
        fc.asyncProperty(logSteps(), fc.array(bounds, { minLength: 1, maxLength: 8 }), async (steps, queries) => {
          const ids = seededIds(++run);
          const chat = buildLog(ids, steps);
          await appended(opened.history, chat.emitted);
          for (const { direction, bound, limit, who } of queries) {
            const query: HistoryQuery = {
              userId: logUsers(ids)[who] as UserId,
              conversationId: chat.conversationId,
              ...(direction === 'newest' ? {} : { [direction]: bound }),
              limit,
            };
            expect((await opened.history.range(query)).events, JSON.stringify(query)).toEqual(
              expectedRange(chat.events, query),
            );
          }
        }),
        { numRuns: 25, seed: 2 },
      );
    },
  },
];

function asking(history: HistoryStore, who: Pick<HistoryQuery, 'userId' | 'conversationId'>) {
  return async (page: Omit<HistoryQuery, 'userId' | 'conversationId'>): Promise<number[]> =>
    (await history.range({ ...who, ...page })).events.map((event) => event.conversationSeq);
}

function expectedRange(events: readonly Event[], { userId, after, before, limit }: HistoryQuery): Event[] {
  const { joined } = project(events);
  const visible = events.filter(
    (event) =>
      recipientsAsOf(joined, event).includes(userId) &&
      event.conversationSeq > (after ?? 0) &&
      event.conversationSeq < (before ?? Number.POSITIVE_INFINITY),
  );
  return (after === undefined ? visible.reverse() : visible).slice(0, limit);
}
