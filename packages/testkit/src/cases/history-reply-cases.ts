import type { Event, HistoryStore, MessageSent, Quote, UserId } from '@tidemark/core';
import { expect } from 'vitest';
import { type ConversationBuilder, conversationBuilder } from '../builders/conversation-builder.ts';
import { quoteIn } from '../builders/quotes-in.ts';
import { seededIds } from '../builders/seeded-ids.ts';
import type { ConformanceCase, OpenedHistory } from '../conformance-case.ts';
import { appended, readBack } from './history-assertions.ts';

const BYTES = 4_096;

/** Messages that reply to others, and what is quoted of those. */
export const historyReplyCases: readonly ConformanceCase<OpenedHistory>[] = [
  {
    name: 'replies: a message keeps what it replies to, and the quoted one is told as it is now',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const { chat, alice, bob } = group();
      const first = chat.message({ content: { text: 'first \u0000 \ud83d é' } });
      const second = chat.message({ from: bob, replyTo: first });
      const third = chat.message({ replyTo: second });
      await appended(history, chat.events);
      expect(await readBack(history, [second, third])).toEqual([second, third]);
      const { events } = await history.range({ userId: bob, conversationId: chat.conversationId, limit: 1 });
      expect(events).toEqual([third]);
      await expectQuotes(history, chat, alice, [first, second]);

      await appended(history, [chat.edit(first), chat.edit(second), chat.edit(first)]);
      await expectQuotes(history, chat, bob, [first, second]);
      await expectQuotes(await opened.reopen(), chat, bob, [first, second]);
    },
  },
  {
    name: 'replies: nothing is quoted but messages of the conversation, each once',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const { chat, alice, bob, ids } = group();
      const message = chat.message();
      const edit = chat.edit(message);
      const other = conversationBuilder({ ids, memberIds: [alice, bob] });
      other.message();
      const foreign = other.message();
      await appended(history, [...chat.events, ...other.events]);
      const seqs = [message, message, edit, chat.created, { conversationSeq: 99 }];
      expect(await quotes(history, chat, alice, seqs)).toEqual([quoteIn(chat.events, message)]);
      expect(await quotes(history, other, alice, [foreign])).toEqual([quoteIn(other.events, foreign)]);
      expect(await quotes(history, chat, alice, [])).toEqual([]);
      expect(await quotes(history, chat, ids.userId('stranger'), [message])).toEqual([]);
    },
  },
  {
    name: 'replies: who may not see a message sees nothing of it in a quote',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const { chat, alice, bob, ids } = group();
      const carol = ids.userId('carol');
      const before = chat.message();
      chat.add([carol]);
      const during = chat.message({ from: bob, replyTo: before });
      chat.edit(during);
      chat.remove([carol], carol);
      const away = chat.message({ replyTo: during });
      chat.edit(during);
      await appended(history, chat.events);
      expect(await quotes(history, chat, carol, [before, during, away]), 'edits of later are not told').toEqual([
        quoteIn([], during),
      ]);
      await expectQuotes(history, chat, alice, [before, during, away]);

      await appended(history, [chat.add([carol])]);
      const later = chat.message({ from: carol });
      await appended(history, [later]);
      expect(await quotes(history, chat, carol, [before, during, away, later]), 'both stays').toEqual(
        [during, later].map((message) => quoteIn(chat.events, message)),
      );
    },
  },
  {
    name: 'replies: of what is too large nothing is said but who sent it and when',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const { chat, alice } = group();
      const large = { text: 'x'.repeat(3 * BYTES) };
      const wide = { text: 'é'.repeat(0.6 * BYTES) };
      const sent = chat.message({ content: large });
      const shortened = chat.message({ content: large });
      const lengthened = chat.message();
      const inBytes = chat.message({ content: wide });
      const fits = chat.message({ content: { text: 'x'.repeat(0.6 * BYTES) } });
      chat.edit(shortened);
      chat.edit(lengthened, { content: large });
      await appended(history, chat.events);
      const head = ({ conversationSeq, actorId, commandId, at }: MessageSent) => {
        return { conversationSeq, senderId: actorId, clientMessageId: commandId, at, message: null };
      };
      expect(await quotes(history, chat, alice, [sent, shortened, lengthened, inBytes, fits])).toEqual([
        head(sent),
        quoteIn(chat.events, shortened),
        head(lengthened),
        head(inBytes),
        quoteIn(chat.events, fits),
      ]);
    },
  },
];

function group() {
  const ids = seededIds();
  const [alice, bob] = ['alice', 'bob'].map((name) => ids.userId(name)) as [UserId, UserId];
  return { ids, alice, bob, chat: conversationBuilder({ ids, memberIds: [alice, bob] }) };
}

/** By their places. */
async function quotes(
  history: HistoryStore,
  { conversationId }: ConversationBuilder,
  userId: UserId,
  of: readonly Pick<Event, 'conversationSeq'>[] | readonly { conversationSeq: number }[],
): Promise<Quote[]> {
  const seqs = of.map(({ conversationSeq }) => conversationSeq);
  const found = await history.quotes({ userId, conversationId, seqs, bytes: BYTES });
  return found.sort((a, b) => a.conversationSeq - b.conversationSeq);
}

async function expectQuotes(
  history: HistoryStore,
  chat: ConversationBuilder,
  userId: UserId,
  messages: readonly MessageSent[],
): Promise<void> {
  const expected = messages.map((message) => quoteIn(chat.events, message));
  expect(await quotes(history, chat, userId, messages)).toEqual(expected);
}
