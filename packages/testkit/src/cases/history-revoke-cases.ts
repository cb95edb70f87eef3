import {
  afterErasing,
  type Event,
  type HistoryStore,
  type MessageSent,
  type RegisterKey,
  type UserId,
} from '@tidemark/core';
import { expect } from 'vitest';
import { type ConversationBuilder, conversationBuilder } from '../builders/conversation-builder.ts';
import { HOSTILE_TEXT } from '../builders/hostile-text.ts';
import { seededIds } from '../builders/seeded-ids.ts';
import type { ConformanceCase, OpenedHistory } from '../conformance-case.ts';
import { appended, keyOf, readBack } from './history-assertions.ts';

const SECRET = 'what is taken back';

/** What a message has said is gone once it was revoked, wherever it stood, and nothing else is. */
export const historyRevokeCases: readonly ConformanceCase<OpenedHistory>[] = [
  {
    name: 'revoke: the message and each of its edits are erased, and keep their places, ids and times',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const { chat, message, other } = talk();
      for (let version = 2; version < 6; version++) chat.edit(message, secret(version));
      chat.edit(other, { content: { text: 'stays' } });
      await appended(history, chat.emitted);
      const revoked = chat.revoke([message], { reason: HOSTILE_TEXT.join('') });
      await appended(history, [revoked]);
      for (const store of [history, await opened.reopen()]) {
        expect(await readBack(store, chat.emitted)).toEqual(chat.events);
        expect(await store.findByCommand([keyOf(message)])).toEqual([chat.events[message.conversationSeq - 1]]);
        await holdsNothingSecret(store, chat);
      }
    },
  },
  {
    name: 'revoke: what the batch itself says of the message is erased with it, in every order of batches',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      let seed = 1;
      for (const cuts of [[99], [1], [2], [3], [4], [5], [3, 2, 99]]) {
        const { chat, message } = talk(seed++);
        chat.edit(message, secret(2));
        chat.react(message, '👍');
        chat.edit(message, secret(3));
        chat.revoke([message]);
        chat.message({ content: { text: 'after' } });
        let from = 0;
        for (const size of [...cuts, ...Array.from({ length: 20 }, () => cuts.at(-1) as number)]) {
          const batch = chat.emitted.slice(from, from + size);
          if (batch.length > 0) await appended(history, batch);
          from += size;
          const soFar = afterErasing(chat.emitted.slice(0, from));
          expect(await readBack(history, soFar), `cut by ${cuts}`).toEqual(soFar);
        }
        await holdsNothingSecret(history, chat);
      }
    },
  },
  {
    name: 'revoke: nothing that was said of it is set any more, whoever said it; of its neighbours all is',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const { chat, message, other, alice, bob } = talk();
      const twin = conversationBuilder({ ids: seededIds(77), memberIds: [alice, bob] });
      const same = twin.message();
      for (const [builder, target] of [
        [chat, message],
        [chat, other],
        [twin, same],
      ] as const) {
        builder.react(target, '👍', { from: alice });
        builder.react(target, '👍', { from: bob });
        builder.react(target, '❤', { from: bob });
        builder.edit(target, { content: { text: 'edited' } });
      }
      await appended(history, [...chat.emitted, ...twin.emitted]);
      const [before, beforeTwin] = [
        await registersOf(history, chat, other, bob),
        await registersOf(history, twin, same, bob),
      ];
      expect(before).toHaveLength(5);
      const revoked = chat.revoke([message]);
      await appended(history, [revoked]);
      expect(await registersOf(history, chat, other, bob)).toEqual(before);
      expect(await registersOf(history, twin, same, bob)).toEqual(beforeTwin);

      const { conversationId } = chat;
      const of = { conversationId, target: message.conversationSeq };
      const value = { by: alice, at: revoked.at };
      const tombstone = { ...of, name: 'revoked', key: '', owner: null, value, seq: revoked.conversationSeq };
      expect(await registersOf(history, chat, message, bob)).toEqual([tombstone]);
      const keys: RegisterKey[] = [
        { ...of, name: 'content', key: '', owner: null },
        { ...of, name: 'version', key: '2', owner: null },
        { ...of, name: 'reactions', key: '👍', owner: null },
        { ...of, name: 'reaction', key: '👍', owner: alice },
        { ...of, name: 'reaction', key: '❤', owner: bob },
      ];
      expect(await history.findRegisters(keys)).toEqual([]);
      expect(await history.owners({ of: [{ ...of, name: 'reaction', key: '👍' }], limit: 5 })).toEqual([]);
    },
  },
  {
    name: 'revoke: many messages at once, of several conversations and authors in one batch',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const chats = Array.from({ length: 3 }, (_, nth) => talk(nth + 1));
      const emitted: Event[] = [];
      for (const { chat, alice, bob } of chats) {
        const messages = Array.from({ length: 40 }, (_, nth) =>
          chat.message({ from: nth % 2 ? bob : alice, ...secret(1) }),
        );
        for (const message of messages.slice(0, 5)) chat.edit(message, secret(2));
        await appended(history, chat.emitted);
        const length = chat.emitted.length;
        chat.revoke(messages.slice(0, 30));
        chat.revoke(messages.slice(30));
        emitted.push(...chat.emitted.slice(length));
      }
      await appended(history, emitted);
      for (const { chat } of chats) {
        expect(await readBack(history, chat.emitted)).toEqual(chat.events);
        expect(chat.events.filter(({ type }) => type === 'message.erased')).toHaveLength(40);
      }
    },
  },
  {
    name: 'revoke: what is unread falls by one, once, and the list shows the tombstone in the place of the message',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const { chat, message, other, alice, bob } = talk();
      await appended(history, chat.emitted);
      const summary = async (userId: UserId) => {
        const found = await history.conversation(userId, chat.conversationId);
        expect((await history.conversations({ userId, limit: 3 })).conversations).toEqual([found]);
        return { unread: found?.unread, last: found?.lastMessage, activeAt: found?.activeAt };
      };
      const before = await summary(bob);
      expect(before).toMatchObject({ unread: 2, last: { conversationSeq: other.conversationSeq } });
      await appended(history, [chat.revoke([message])]);
      expect(await summary(bob)).toEqual({ ...before, unread: 1 });
      expect((await summary(alice)).unread).toBe(0);
      const revoked = chat.revoke([other], { reason: 'why' });
      await appended(history, [revoked]);
      const { messageId, conversationSeq, at } = other;
      const head = {
        messageId,
        clientMessageId: other.commandId,
        conversationId: chat.conversationId,
        conversationSeq,
      };
      const tombstone = { type: 'unknown', content: { type: 'revoked', content: {} } };
      const last = {
        ...head,
        senderId: alice,
        at,
        ...tombstone,
        revoked: { by: alice, at: revoked.at, reason: 'why' },
      };
      for (const userId of [alice, bob]) expect(await summary(userId)).toEqual({ unread: 0, last, activeAt: at });
      await appended(history, [chat.message()]);
      expect((await summary(bob)).unread).toBe(1);
    },
  },
  {
    name: 'revoke: a page carries what was revoked as what is left of it, and a former member gets no more',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const { chat, message, bob } = talk();
      chat.edit(message, secret(2));
      chat.remove([bob], bob);
      await appended(history, chat.emitted);
      await appended(history, [chat.revoke([message])]);
      const page = await history.range({ userId: bob, conversationId: chat.conversationId, limit: 20 });
      expect(page.events).toEqual([...chat.events].reverse().filter(({ type }) => type !== 'message.revoked'));
      expect(JSON.stringify(page)).not.toContain(SECRET);
      expect(page.registers).toEqual([]);
    },
  },
];

function talk(seed = 1) {
  const ids = seededIds(seed);
  const [alice, bob] = [ids.userId('alice'), ids.userId('bob')];
  const chat = conversationBuilder({ ids, memberIds: [alice, bob] });
  const message = chat.message(secret(1));
  return { chat, message, other: chat.message(), alice, bob };
}

function secret(version: number) {
  return { content: { text: `${SECRET} ${version}`, more: [...HOSTILE_TEXT] } };
}

/** In what any reader of the history is given. */
async function holdsNothingSecret(history: HistoryStore, chat: ConversationBuilder): Promise<void> {
  const { conversationId } = chat;
  const places = chat.events.map(({ conversationSeq }) => ({ conversationId, conversationSeq }));
  for (const userId of chat.state.members.keys()) {
    const found = [
      await history.findByRef(places),
      await history.range({ userId, conversationId, limit: 1_000 }),
      await history.conversations({ userId, limit: 1_000 }),
      await history.findShown(
        places.map(({ conversationSeq: target }) => ({ conversationId, target, viewer: userId })),
      ),
    ];
    expect(JSON.stringify(found)).not.toContain(SECRET);
  }
}

async function registersOf(
  history: HistoryStore,
  { conversationId }: ConversationBuilder,
  { conversationSeq: target }: MessageSent,
  viewer: UserId,
) {
  const found = await history.findShown([{ conversationId, target, viewer }]);
  return found.sort((a, b) => (`${a.name} ${a.key}` < `${b.name} ${b.key}` ? -1 : 1));
}
