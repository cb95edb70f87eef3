import {
  type ConversationSummary,
  type ConversationsQuery,
  counts,
  countsAsMention,
  DEFAULT_SETTINGS,
  definitionOf,
  type Event,
  type HistoryStore,
  type Message,
  messageOf,
  UNREAD_SPAN,
  type UserId,
} from '@tidemark/core';
import fc from 'fast-check';
import { expect } from 'vitest';
import { type ConversationBuilder, conversationBuilder } from '../builders/conversation-builder.ts';
import { buildLog, inBatches, logSteps, logUsers } from '../builders/random-log.ts';
import { seededIds } from '../builders/seeded-ids.ts';
import { ownSeqIn, settingsIn } from '../builders/settings-in.ts';
import type { ConformanceCase, OpenedHistory } from '../conformance-case.ts';
import { appended, lastEditOf, revokedRegisters } from './history-assertions.ts';

/** The list of a user's conversations: what stands in a summary, and the order and pages of the list. */
export const historyListCases: readonly ConformanceCase<OpenedHistory>[] = [
  {
    name: 'list: a summary holds what the log says',
    run: async (open) => {
      await using opened = await open();
      const ids = seededIds();
      const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((name) => ids.userId(name)) as [UserId, UserId, UserId];
      const chat = conversationBuilder({ ids, title: 'Lunch' });
      const last = chat.message({ from: bob });
      chat.add([carol]);
      await appended(opened.history, chat.events);
      const common = {
        conversationId: chat.conversationId,
        kind: 'group',
        title: 'Lunch',
        createdBy: alice,
        createdAt: chat.created.at,
        head: 3,
        readSeq: 0,
        unreadMentions: 0,
        activeAt: last.at,
        settings: DEFAULT_SETTINGS,
        ownSeq: 0,
      };
      const seen = { ...common, joinedSeq: 1, lastMessage: messageOf(last) };
      expect(await opened.history.conversation(alice, chat.conversationId)).toEqual({ ...seen, unread: 1 });
      expect(await opened.history.conversation(bob, chat.conversationId)).toEqual({ ...seen, unread: 0 });
      // What was said before carol came is not hers to read, nor to count.
      const unseen = { ...common, joinedSeq: 3, lastMessage: null, unread: 0 };
      expect(await opened.history.conversation(carol, chat.conversationId)).toEqual(unseen);
      expect(await opened.history.conversations({ userId: carol, limit: 5 })).toEqual({
        conversations: [unseen],
        hasMore: false,
      });
    },
  },
  {
    name: 'list: who is not a member now gets no summary, and gets it again after rejoining',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const ids = seededIds();
      const [bob, mallory] = [ids.userId('bob'), ids.userId('mallory')];
      const chat = conversationBuilder({ ids });
      chat.message();
      chat.remove([bob]);
      await appended(history, chat.events);
      for (const userId of [bob, mallory]) {
        expect(await history.conversation(userId, chat.conversationId)).toBeUndefined();
        expect((await history.conversations({ userId, limit: 10 })).conversations).toEqual([]);
      }
      expect(await history.conversation(mallory, ids.groupId())).toBeUndefined();

      chat.message();
      const back = chat.add([bob]);
      await appended(history, chat.events.slice(3));
      const [summary, ...more] = (await history.conversations({ userId: bob, limit: 10 })).conversations;
      expect(more).toEqual([]);
      expect(summary).toMatchObject({ joinedSeq: back.conversationSeq, unread: 0, lastMessage: null });
      expect(await history.conversation(bob, chat.conversationId)).toEqual(summary);
    },
  },
  {
    name: 'list: newest first, then by conversationId descending; pages of any size neither repeat nor miss',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const ids = seededIds();
      const alice = ids.userId('alice');
      // Names whose order depends on case and punctuation where a collation decides instead of code units.
      const peers = ['a', 'B', 'b', 'Z', '_', '-', 'a-b', 'aB', 'ab', '~'].map((name) => ids.userId(name));
      const chats = peers.map((peer) => conversationBuilder({ ids, kind: 'direct', memberIds: [alice, peer] }));
      for (let n = 0; n < 5; n++) chats.push(conversationBuilder({ ids }));
      const at = ids.now();
      // Three ties: the first six, the next six, and the rest by their own time.
      chats.forEach((chat, n) => {
        if (n < 12) chat.message({ at: n < 6 ? at + 2 : at + 1 });
      });
      await appended(
        history,
        chats.flatMap((chat) => chat.events),
      );

      const { conversations: all } = await history.conversations({ userId: alice, limit: 100 });
      const expected = chats.map((chat) => ({ activeAt: activeAtOf(chat), conversationId: chat.conversationId }));
      expected.sort((a, b) => b.activeAt - a.activeAt || (a.conversationId < b.conversationId ? 1 : -1));
      expect(all.map(({ activeAt, conversationId }) => ({ activeAt, conversationId }))).toEqual(expected);
      for (const limit of [1, 2, 4, 7, 15, 16]) expect(await paged(history, alice, limit), `${limit}`).toEqual(all);
    },
  },
  {
    name: 'list: a message moves a conversation up; members and read marks do not',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const ids = seededIds();
      const alice = ids.userId('alice');
      const [first, second] = [conversationBuilder({ ids }), conversationBuilder({ ids })];
      const self = conversationBuilder({ ids, kind: 'self', memberIds: [alice] });
      await appended(history, [...first.events, ...second.events, ...self.events]);
      const order = async () =>
        (await history.conversations({ userId: alice, limit: 9 })).conversations.map((each) => each.conversationId);
      expect(await order()).toEqual([second.conversationId, first.conversationId]);

      await appended(history, [first.add([ids.userId('carol')]), self.markRead(first.conversationId, 1)]);
      expect(await order()).toEqual([second.conversationId, first.conversationId]);
      await appended(history, [first.message()]);
      expect(await order()).toEqual([first.conversationId, second.conversationId]);
      await appended(history, [first.remove([ids.userId('carol')])]);
      const summary = await history.conversation(alice, first.conversationId);
      expect(summary).toMatchObject({ head: 4, lastMessage: { conversationSeq: 3 } });
    },
  },
  {
    name: 'list: a conversation with oneself is hidden until it holds a message',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const ids = seededIds();
      const alice = ids.userId('alice');
      const chat = conversationBuilder({ ids });
      const self = conversationBuilder({ ids, kind: 'self', memberIds: [alice] });
      await appended(history, [...chat.events, ...self.events, self.markRead(chat.conversationId, 1)]);
      const kinds = async (limit: number) =>
        (await history.conversations({ userId: alice, limit })).conversations.map((each) => each.kind);
      // Hidden before the page is cut, not after.
      expect(await kinds(1)).toEqual(['group']);
      // She is a member all the same.
      expect(await history.conversation(alice, self.conversationId)).toMatchObject({ kind: 'self', lastMessage: null });
      await appended(history, [self.message()]);
      expect(await kinds(9)).toEqual(['self', 'group']);
    },
  },
  {
    name: 'list: read marks never go back, and are each user’s own',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const ids = seededIds();
      const [alice, bob] = [ids.userId('alice'), ids.userId('bob')];
      const chat = conversationBuilder({ ids });
      const other = conversationBuilder({ ids });
      for (let n = 0; n < 6; n++) for (const each of [chat, other]) each.message({ from: alice });
      const self = conversationBuilder({ ids, kind: 'self', memberIds: [bob] });
      await appended(history, [...chat.events, ...other.events, ...self.events]);
      const read = async (of: ConversationBuilder, userId = bob) => {
        const summary = await history.conversation(userId, of.conversationId);
        return [summary?.readSeq, summary?.unread];
      };
      expect(await read(chat)).toEqual([0, 6]);
      await appended(history, [self.markRead(chat.conversationId, 5)]);
      expect(await read(chat)).toEqual([5, 2]);
      await appended(history, [self.markRead(chat.conversationId, 3)]);
      expect(await read(chat)).toEqual([5, 2]);
      // The highest of a batch counts, not its last.
      const batch = [4, 7, 6].map((seq) => self.markRead(chat.conversationId, seq));
      await appended(history, [...batch, self.markRead(other.conversationId, 2)]);
      expect(await read(chat)).toEqual([7, 0]);
      expect(await read(other)).toEqual([2, 5]);
      expect(await read(chat, alice)).toEqual([0, 0]);
    },
  },
  {
    name: 'list: unread, readSeq, lastMessage and unread mentions equal a count over the log, however it was batched',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const sizes = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 5 });
      const marks = fc.array(fc.record({ who: fc.nat(3), readSeq: fc.integer({ min: 1, max: 45 }) }), { maxLength: 8 });
      let run = 0;
      await fc.assert(
        fc.asyncProperty(logSteps(), sizes, marks, async (steps, cut, reads) => {
          const ids = seededIds(++run);
          const chat = buildLog(ids, steps);
          const users = logUsers(ids);
          const selves = users.map((userId) => conversationBuilder({ ids, kind: 'self', memberIds: [userId] }));
          for (const { who, readSeq } of reads) {
            if (readSeq <= chat.events.length) selves[who]?.markRead(chat.conversationId, readSeq);
          }
          const logs = [...chat.emitted, ...selves.flatMap((self) => self.events)];
          for (const batch of inBatches(logs, cut)) await appended(history, batch);
          for (const userId of users) {
            const expected = expectedSummary(
              chat,
              selves.flatMap((self) => self.events),
              userId,
            );
            expect(await history.conversation(userId, chat.conversationId)).toEqual(expected);
            const { conversations: listed } = await history.conversations({ userId, limit: 10 });
            expect(listed).toEqual(expected ? [expected] : []);
            if (!expected) continue;
            const { head, joinedSeq, readSeq, unread, unreadMentions } = expected;
            for (const most of [1, 3]) {
              const isFar = head - Math.max(readSeq, joinedSeq - 1) > most * UNREAD_SPAN;
              const bounded = await history.conversation(userId, chat.conversationId, most);
              expect(bounded?.unread).toBe(isFar ? most : Math.min(unread, most));
              expect(bounded?.unreadMentions).toBe(Math.min(unreadMentions, most));
            }
          }
        }),
        { numRuns: 25, seed: 3 },
      );
    },
  },
  {
    name: 'list: unread is exact below the bound it is counted to, and the bound from there on',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const ids = seededIds();
      const [alice, bob, carol] = [ids.userId('alice'), ids.userId('bob'), ids.userId('carol')];
      const self = conversationBuilder({ ids, kind: 'self', memberIds: [bob] });
      const chat = conversationBuilder({ ids, memberIds: [alice, bob] });
      for (let n = 2; n <= 10; n++) chat.message({ from: n % 2 === 0 ? alice : bob });
      chat.add([carol]);
      chat.message();
      await appended(history, chat.events);
      await appended(history, [self.created]);
      const { conversationId } = chat;
      const ask = async (userId: UserId, unread?: number) => {
        const summary = await history.conversation(userId, conversationId, unread);
        const { conversations } = await history.conversations({ userId, limit: 5, unread });
        expect(conversations).toEqual(summary ? [summary] : []);
        return summary?.unread;
      };
      expect([await ask(bob), await ask(bob, 7), await ask(bob, 6), await ask(bob, 5), await ask(bob, 1)]).toEqual([
        6, 6, 6, 5, 1,
      ]);
      expect([await ask(alice, 5), await ask(alice, 4), await ask(alice, 3)]).toEqual([4, 4, 3]);
      expect([await ask(carol, 2), await ask(carol, 1)]).toEqual([1, 1]);
      await appended(history, [self.markRead(conversationId, 8)]);
      expect([await ask(bob, 3), await ask(bob, 2), await ask(bob, 1)]).toEqual([2, 2, 1]);
      await appended(history, [self.markRead(conversationId, 12)]);
      expect(await ask(bob, 1)).toBe(0);

      // Many of bob's own: he has read none of them, and none is unread. Beyond the span nobody counts.
      const own = Array.from({ length: 2 * UNREAD_SPAN - 1 }, () => chat.message({ from: bob }));
      await appended(history, own);
      expect(await ask(bob, 2)).toBe(0);
      await appended(history, [chat.message()]);
      expect(await ask(bob, 2)).toBe(1);
      await appended(history, [chat.message({ from: bob })]);
      expect([await ask(bob, 2), await ask(bob, 3), await ask(bob)]).toEqual([2, 1, 1]);
    },
  },
  {
    name: 'list: a page ends at its limit or its bytes, whichever comes first, and says for certain whether there is more',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const ids = seededIds();
      const userId = ids.userId('alice');
      for (let n = 0; n < 5; n++) {
        const chat = conversationBuilder({ ids });
        await appended(history, [chat.created, chat.message({ content: { text: 'x'.repeat(10_000) } })]);
      }
      const ask = async (query: Omit<ConversationsQuery, 'userId'>) => {
        const { conversations, hasMore } = await history.conversations({ userId, ...query });
        return [conversations.length, hasMore];
      };
      const pages = await paged(history, userId, 5);
      expect(pages).toHaveLength(5);
      expect(await ask({ limit: 5 })).toEqual([5, false]);
      expect(await ask({ limit: 4 })).toEqual([4, true]);
      expect(await ask({ limit: 5, bytes: 35_000 })).toEqual([3, true]);
      expect(await ask({ limit: 5, bytes: 35_000, after: pages[1] })).toEqual([3, false]);
      expect(await ask({ limit: 5, bytes: 1 })).toEqual([1, true]);
      expect(await ask({ limit: 5, bytes: 1, after: pages[3] })).toEqual([1, false]);
      expect(await ask({ limit: 5, bytes: 1, after: pages[4] })).toEqual([0, false]);
    },
  },
];

function activeAtOf({ created, events }: ConversationBuilder): number {
  return events.findLast((event) => definitionOf(event).message)?.at ?? created.at;
}

async function paged(history: HistoryStore, userId: UserId, limit: number): Promise<ConversationSummary[]> {
  const all: ConversationSummary[] = [];
  let after: ConversationsQuery['after'];
  for (let page = 0; page < 1_000; page++) {
    const { conversations: found, hasMore } = await history.conversations({ userId, after, limit });
    expect(found.length).toBeLessThanOrEqual(limit);
    all.push(...found);
    const last = found.at(-1);
    if (!last || !hasMore) return all;
    after = { activeAt: last.activeAt, conversationId: last.conversationId };
  }
  throw new Error('the list has no end');
}

/** The summary by its definition: counted, not looked up. */
function expectedSummary(
  chat: ConversationBuilder,
  reads: readonly Event[],
  userId: UserId,
): ConversationSummary | undefined {
  const joinedSeq = chat.state.members.get(userId);
  if (joinedSeq === undefined) return undefined;
  const marked = reads.flatMap((event) =>
    event.type === 'read.marked' && event.actorId === userId && event.of === chat.conversationId ? event.readSeq : [],
  );
  const readSeq = Math.max(0, ...marked);
  const own = reads.filter((event) => event.actorId === userId);
  const last = chat.events.findLast((event) => definitionOf(event).message && event.conversationSeq >= joinedSeq);
  return {
    ...chat.state.conversation,
    head: chat.state.head,
    joinedSeq,
    readSeq,
    unread: chat.events.filter((event) => counts(event, userId, { joinedSeq, readSeq })).length,
    unreadMentions: chat.events.filter((event) => {
      const content = event.type === 'message.sent' ? lastEditOf(chat.events, event) : undefined;
      return countsAsMention(event, userId, { joinedSeq, readSeq }, { content });
    }).length,
    lastMessage: last ? messageNow(chat, last) : null,
    activeAt: activeAtOf(chat),
    settings: settingsIn(own, chat.conversationId),
    ownSeq: ownSeqIn(own, chat.conversationId),
  };
}

function messageNow(chat: ConversationBuilder, event: Event): Message {
  const content = event.type === 'message.sent' ? lastEditOf(chat.events, event) : undefined;
  const [revoked] = event.type === 'message.erased' ? revokedRegisters(chat, event) : [];
  return definitionOf(event).message?.(event, { content, revoked: revoked?.value }) as Message;
}
