import {
  type ConversationSeq,
  type Event,
  type HistoryQuery,
  type HistoryStore,
  type MessageSent,
  project,
  type Register,
  type RegisterKey,
  recipientsAsOf,
  registerKey,
  type UserId,
} from '@tidemark/core';
import fc from 'fast-check';
import { expect } from 'vitest';
import { type ConversationBuilder, conversationBuilder } from '../builders/conversation-builder.ts';
import { HOSTILE_TEXT } from '../builders/hostile-text.ts';
import { pinsIn } from '../builders/pins-in.ts';
import { buildLog, inBatches, logSteps, logUsers } from '../builders/random-log.ts';
import { seededIds } from '../builders/seeded-ids.ts';
import type { ConformanceCase, OpenedHistory } from '../conformance-case.ts';
import { appended, lastEditOf, reactionRegisters, revokedRegisters } from './history-assertions.ts';

/** What stands beside the log: registers by their keys, and how a page and a summary tell what messages say now. */
export const historyRegisterCases: readonly ConformanceCase<OpenedHistory>[] = [
  {
    name: 'registers: the last event that sets one decides, in its batch and in later ones',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const chat = conversationBuilder();
      const message = chat.message();
      const [second, third] = [chat.edit(message), chat.edit(message)];
      await appended(history, chat.events);
      expect(await found(history, contentOf(chat, message))).toEqual([registerOf(chat, message, third)]);
      const other = chat.message();
      const fourth = chat.edit(message);
      await appended(history, [other, fourth]);
      expect(await found(history, contentOf(chat, message))).toEqual([registerOf(chat, message, fourth)]);
      expect(await found(history, contentOf(chat, other))).toEqual([]);

      const version = (key: string): RegisterKey => ({ ...contentOf(chat, message), name: 'version', key });
      const versions = await history.findRegisters(['1', '2', '3', '4', '5'].map(version));
      expect(versions.map(({ key, seq, value }) => [key, seq, value]).sort()).toEqual([
        ['2', second.conversationSeq, true],
        ['3', third.conversationSeq, true],
        ['4', fourth.conversationSeq, true],
      ]);
      expect(await found(await opened.reopen(), contentOf(chat, message))).toEqual([registerOf(chat, message, fourth)]);
    },
  },
  {
    name: 'registers: one is found by the whole of its key, and once however often it is asked for',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const ids = seededIds();
      const [chat, twin] = [conversationBuilder({ ids }), conversationBuilder({ ids })];
      const [message, ofTwin] = [chat.message(), twin.message()];
      const edited = [chat.edit(message), twin.edit(ofTwin)] as const;
      await appended(history, [...chat.events, ...twin.events]);
      const key = contentOf(chat, message);
      expect(await history.findRegisters([key, key, contentOf(twin, ofTwin), key])).toHaveLength(2);
      expect(await found(history, key)).toEqual([registerOf(chat, message, edited[0])]);
      for (const wrong of [
        { ...key, conversationId: ids.groupId() },
        { ...key, target: key.target + 1 },
        { ...key, target: 0 },
        { ...key, name: 'version' as const },
        { ...key, key: '2' },
        { ...key, owner: ids.userId('alice') },
      ]) {
        expect(await found(history, wrong)).toEqual([]);
      }
      expect(await history.findRegisters([])).toEqual([]);
    },
  },
  {
    name: 'registers: text is data',
    run: async (open) => {
      await using opened = await open();
      const chat = conversationBuilder();
      const messages = HOSTILE_TEXT.map(() => chat.message());
      const edits = messages.map((message, nth) => chat.edit(message, { content: { text: HOSTILE_TEXT[nth] ?? '' } }));
      await appended(opened.history, chat.events);
      for (const [nth, message] of messages.entries()) {
        expect(await found(opened.history, contentOf(chat, message))).toEqual([
          registerOf(chat, message, edits[nth] as Edit),
        ]);
      }
    },
  },
  {
    name: 'registers: a former member is told of what was set while they were one, and of all when they are back',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const ids = seededIds();
      const bob = ids.userId('bob');
      const chat = conversationBuilder({ ids });
      const [early, late] = [chat.message(), chat.message()];
      const seen = chat.edit(early);
      chat.remove([bob]); // 5
      const unseen = chat.edit(late);
      await appended(history, chat.events);
      const ask = async () => {
        const { registers, asOf } = await history.range({
          userId: bob,
          conversationId: chat.conversationId,
          limit: 10,
        });
        return { registers: bySeq(registers), asOf };
      };
      expect(await ask()).toEqual({ registers: [registerOf(chat, early, seen)], asOf: 5 });
      // What it says now is not theirs to know, and what it said then is not kept.
      const again = chat.edit(early);
      await appended(history, [again]);
      expect(await ask()).toEqual({ registers: [], asOf: 5 });
      await appended(history, [chat.add([bob])]);
      expect(await ask()).toEqual({
        registers: [registerOf(chat, late, unseen), registerOf(chat, early, again)],
        asOf: 8,
      });
    },
  },
  {
    name: 'registers: a page tells what its messages say now, as of one moment',
    run: async (open) => {
      await using opened = await open();
      const queries = fc.array(
        fc.record({ after: fc.option(fc.nat(45), { nil: undefined }), limit: fc.integer({ min: 1, max: 12 }) }),
        { minLength: 1, maxLength: 4 },
      );
      const sizes = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 5 });
      let run = 0;
      await fc.assert(
        fc.asyncProperty(logSteps(), sizes, queries, async (steps, cut, asked) => {
          const ids = seededIds(++run);
          const chat = buildLog(ids, steps);
          for (const batch of inBatches(chat.emitted, cut)) await appended(opened.history, batch);
          for (const userId of logUsers(ids)) {
            for (const bounds of asked) {
              const query = { userId, conversationId: chat.conversationId, ...bounds };
              const { events, registers, asOf } = await opened.history.range(query);
              const end = events.length > 0 ? endFor(chat, userId) : 0;
              expect(asOf, JSON.stringify(query)).toBe(end);
              expect(bySeq(registers), JSON.stringify(query)).toEqual(
                bySeq(expectedRegisters(chat, events, end, userId)),
              );
            }
          }
        }),
        { numRuns: 25, seed: 4 },
      );
    },
  },
  {
    name: 'registers: what messages say now counts in the bytes of a page of events',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const ids = seededIds();
      const chat = conversationBuilder({ ids });
      const messages = Array.from({ length: 6 }, () => chat.message());
      for (const message of messages) chat.edit(message, { content: { text: 'x'.repeat(10_000) } });
      await appended(history, chat.events);
      const ask = async (query: Omit<HistoryQuery, 'userId' | 'conversationId'>) => {
        const who = { userId: ids.userId('bob'), conversationId: chat.conversationId };
        const { events, registers, hasMore } = await history.range({ ...who, ...query });
        return [events.length, registers.length, hasMore];
      };
      // Places 2 to 7 are small, and say 10 kB each.
      expect(await ask({ after: 1, limit: 6 })).toEqual([6, 6, true]);
      expect(await ask({ after: 1, limit: 6, bytes: 35_000 })).toEqual([3, 3, true]);
      expect(await ask({ before: 8, limit: 6, bytes: 35_000 })).toEqual([3, 3, true]);
      expect(await ask({ after: 1, limit: 6, bytes: 1 })).toEqual([1, 1, true]);
    },
  },
  {
    name: 'registers: a summary holds the last message as it is now, and an edit moves nothing else',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const ids = seededIds();
      const bob = ids.userId('bob');
      const chat = conversationBuilder({ ids });
      const [earlier, last] = [chat.message(), chat.message()];
      await appended(history, chat.events);
      const before = await history.conversation(bob, chat.conversationId);
      await appended(history, [chat.edit(earlier)]);
      const { head, ...same } = { ...before };
      expect(await history.conversation(bob, chat.conversationId)).toEqual({ ...same, head: 4 });
      const edit = chat.edit(last);
      await appended(history, [edit]);
      const now = await history.conversation(bob, chat.conversationId);
      expect(now).toEqual({
        ...same,
        head: 5,
        lastMessage: { ...before?.lastMessage, ...edit.message, edited: { version: 2, at: edit.at } },
      });
      expect((await history.conversations({ userId: bob, limit: 5 })).conversations).toEqual([now]);

      // It counts in the bytes of a page, too.
      const large = { content: { text: 'x'.repeat(10_000) } };
      const another = conversationBuilder({ ids });
      const [small, larger] = [another.message(), chat.edit(last, large)];
      await appended(history, [...another.events, larger, another.edit(small, large)]);
      const pageOf = async (bytes: number) =>
        (await history.conversations({ userId: bob, limit: 5, bytes })).conversations.length;
      expect([await pageOf(15_000), await pageOf(25_000)]).toEqual([1, 2]);
    },
  },
  {
    name: 'registers: one of a conversation itself is of that conversation, and on no page',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const ids = seededIds();
      const [chat, other] = [conversationBuilder({ ids }), conversationBuilder({ ids })];
      const messages = [chat.message(), chat.message()] as const;
      for (const message of messages) chat.pin(message);
      const foreign = other.message();
      other.pin(foreign);
      await appended(history, [...chat.events, ...other.events]);
      const pinsOf = async (store: typeof history, { conversationId }: typeof chat) => {
        const key = { conversationId, target: 0, name: 'pins', key: '', owner: null } as const;
        return (await store.findRegisters([key])).map(({ value, seq }) => ({ value, seq }));
      };
      const expected = (of: typeof chat) => [{ value: pinsIn(of.events), seq: of.state.head }];
      expect(await pinsOf(history, chat)).toEqual(expected(chat));
      expect(await pinsOf(history, other)).toEqual(expected(other));
      await appended(history, [chat.pin(messages[0], false), chat.pin(messages[1], false)]);
      for (const store of [history, await opened.reopen()]) {
        expect(await pinsOf(store, chat)).toEqual([{ value: [], seq: chat.state.head }]);
        expect(await pinsOf(store, other)).toEqual(expected(other));
      }
      const page = await history.range({
        userId: chat.created.actorId,
        conversationId: chat.conversationId,
        limit: 20,
      });
      expect(page.events).toHaveLength(chat.events.length);
      expect(page.registers).toEqual([]);
    },
  },
];

type Edit = ReturnType<ConversationBuilder['edit']>;

function contentOf(
  { conversationId }: ConversationBuilder,
  { conversationSeq: target }: MessageSent,
): RegisterKey<'content'> {
  return { conversationId, target, name: 'content', key: '', owner: null };
}

function registerOf(chat: ConversationBuilder, message: MessageSent, edit: Edit): Register {
  const { version, at, message: said, mentions } = edit;
  const value = { version, at, message: said, ...(mentions && { mentions }) };
  return { ...contentOf(chat, message), value, seq: edit.conversationSeq };
}

async function found(history: HistoryStore, key: RegisterKey): Promise<Register[]> {
  return history.findRegisters([key]);
}

/** The last event that the user may know of. */
function endFor({ events, state }: ConversationBuilder, userId: UserId): number {
  if (state.members.has(userId)) return state.head;
  const { joined } = project(events);
  return Math.max(0, ...events.filter((event) => recipientsAsOf(joined, event).includes(userId)).map(placeOf));
}

/** What the page carries: of each of its messages the last edit, the counts, and the viewer's own reactions, if they are not of later. */
function expectedRegisters(chat: ConversationBuilder, page: readonly Event[], end: number, viewer: UserId): Register[] {
  return page.flatMap((event) => {
    if (event.type === 'message.erased') return revokedRegisters(chat, event).filter(({ seq }) => seq <= end);
    if (event.type !== 'message.sent') return [];
    const edit = lastEditOf(chat.events, event);
    const content = edit && edit.conversationSeq <= end ? [registerOf(chat, event, edit)] : [];
    return [...content, ...reactionRegisters(chat, event, viewer).filter(({ seq }) => seq <= end)];
  });
}

function bySeq(registers: readonly Register[]): Register[] {
  return [...registers].sort((a, b) => a.seq - b.seq || (registerKey(a) < registerKey(b) ? -1 : 1));
}

function placeOf({ conversationSeq }: Event): ConversationSeq {
  return conversationSeq;
}
