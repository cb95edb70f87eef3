import type { CommandId, ConversationId, Cursor, Event, UserId } from '@tidemark/core';
import { describe, expect, it } from 'vitest';
import type { ConversationRow, Draft, LocalStore } from '../src/index.ts';

/** A place where a local store keeps its data, over closing and opening again. */
export interface LocalStorePlace extends AsyncDisposable {
  /** A store over that place; called again, it finds what was there. */
  make(): LocalStore;
}

const alice = 'alice' as UserId;
const bob = 'bob' as UserId;
const chat = 'd:alice,bob' as ConversationId;
const other = 'd:alice,carol' as ConversationId;

function message(conversationId: ConversationId, seq: number, text = `message ${seq}`): Event {
  return {
    type: 'message.sent',
    conversationId,
    conversationSeq: seq as Event['conversationSeq'],
    actorId: bob,
    commandId: `c-${seq}` as CommandId,
    at: 1_000 + seq,
    messageId: `m-${seq}` as Extract<Event, { type: 'message.sent' }>['messageId'],
    message: { type: 'text', content: { text } },
  };
}

function row(conversationId: ConversationId, head: number): ConversationRow {
  return {
    conversationId,
    kind: 'direct',
    title: null,
    createdBy: bob,
    createdAt: 1,
    head: head as ConversationRow['head'],
    joinedSeq: 1 as ConversationRow['joinedSeq'],
    readSeq: 0,
    unread: head,
    lastMessage: null,
    activeAt: head,
    member: true,
    stale: null,
    local: { from: 1, to: head },
    reachedStart: true,
    unsentReadSeq: null,
  };
}

function draft(id: string, order: number, text = id): Draft {
  return {
    clientMessageId: id as CommandId,
    conversationId: chat,
    message: { type: 'text', content: { text } },
    at: 5,
    order,
    failure: null,
  };
}

const cursor = (seq: number) => `e:${seq}` as Cursor;

/** What every {@link LocalStore} promises. `fresh` gives an empty place. */
export function localStoreConformance(name: string, fresh: () => LocalStorePlace): void {
  async function opened(place: LocalStorePlace, userId = alice): Promise<LocalStore> {
    const store = place.make();
    await store.open(userId);
    return store;
  }

  describe(`the local store ${name}`, () => {
    it('is empty on a new device', async () => {
      await using place = fresh();
      const store = await opened(place);
      expect(await store.load()).toEqual({ cursor: null, conversations: [], drafts: [] });
      expect(await store.events({ conversationId: chat, limit: 10 })).toEqual([]);
    });

    it('keeps rows, events, drafts and cursor of one transaction over closing and opening', async () => {
      await using place = fresh();
      const store = await opened(place);
      const changes = {
        conversations: [row(chat, 2)],
        events: [message(chat, 1), message(chat, 2)],
        putDrafts: [draft('a', 1)],
        cursor: cursor(2),
      };
      await store.transaction(changes);
      await store.close();
      const again = await opened(place);
      expect(await again.load()).toEqual({ cursor: cursor(2), conversations: [row(chat, 2)], drafts: [draft('a', 1)] });
      expect(await again.events({ conversationId: chat, after: 0, limit: 10 })).toEqual(changes.events);
    });

    it('replaces rows, events and drafts of the same key', async () => {
      await using place = fresh();
      const store = await opened(place);
      await store.transaction({
        conversations: [row(chat, 1)],
        events: [message(chat, 1)],
        putDrafts: [draft('a', 1)],
      });
      const failed: Draft = { ...draft('a', 1), failure: { code: 'forbidden', field: null, detail: 'no' } };
      await store.transaction({
        conversations: [row(chat, 2)],
        events: [message(chat, 1, 'new')],
        putDrafts: [failed],
      });
      expect(await store.load()).toEqual({ cursor: null, conversations: [row(chat, 2)], drafts: [failed] });
      expect(await store.events({ conversationId: chat, limit: 10 })).toEqual([message(chat, 1, 'new')]);
    });

    it('reads events of one conversation by range, in the order asked for', async () => {
      await using place = fresh();
      const store = await opened(place);
      await store.transaction({ events: [10, 2, 9, 1, 100].map((seq) => message(chat, seq)) });
      await store.transaction({ events: [message(other, 5)] });
      const seqs = async (query: { after?: number; before?: number; limit: number }) =>
        (await store.events({ conversationId: chat, ...query })).map((event) => event.conversationSeq);
      expect(await seqs({ limit: 3 })).toEqual([100, 10, 9]);
      expect(await seqs({ before: 10, limit: 2 })).toEqual([9, 2]);
      expect(await seqs({ after: 2, limit: 2 })).toEqual([9, 10]);
      expect(await seqs({ after: 0, limit: Number.MAX_SAFE_INTEGER })).toEqual([1, 2, 9, 10, 100]);
      expect(await seqs({ after: 2, before: 100, limit: 10 })).toEqual([9, 10]);
      expect(await seqs({ after: 100, limit: 10 })).toEqual([]);
    });

    it('loads drafts by their order, and ignores the removal of what is not there', async () => {
      await using place = fresh();
      const store = await opened(place);
      await store.transaction({ putDrafts: [draft('z', 10), draft('a', 9), draft('m', 100)] });
      await store.transaction({ removeDrafts: ['a', 'unknown'] as CommandId[] });
      expect((await store.load()).drafts.map((each) => each.clientMessageId)).toEqual(['z', 'm']);
    });

    it('removes after it puts, when one transaction does both to a draft', async () => {
      await using place = fresh();
      const store = await opened(place);
      await store.transaction({ putDrafts: [draft('a', 1)], removeDrafts: ['a' as CommandId] });
      expect((await store.load()).drafts).toEqual([]);
    });

    it('replaces conversations and events in one transaction with what follows them, and keeps the drafts', async () => {
      await using place = fresh();
      const store = await opened(place);
      await store.transaction({
        conversations: [row(chat, 1), row(other, 1)],
        events: [message(chat, 1), message(other, 1)],
        putDrafts: [draft('a', 1), draft('b', 2)],
        cursor: cursor(7),
      });
      await store.transaction({
        replace: true,
        conversations: [row(chat, 9)],
        events: [message(chat, 9)],
        removeDrafts: ['a' as CommandId],
        cursor: 'f:1' as Cursor,
      });
      expect(await store.load()).toEqual({ cursor: 'f:1', conversations: [row(chat, 9)], drafts: [draft('b', 2)] });
      expect(await store.events({ conversationId: chat, limit: 10 })).toEqual([message(chat, 9)]);
      expect(await store.events({ conversationId: other, limit: 10 })).toEqual([]);
    });

    it('applies transactions in the order of the calls', async () => {
      await using place = fresh();
      const store = await opened(place);
      const seqs = Array.from({ length: 50 }, (_, index) => index + 1);
      await Promise.all(seqs.map((seq) => store.transaction({ cursor: cursor(seq), conversations: [row(chat, seq)] })));
      expect(await store.load()).toMatchObject({ cursor: cursor(50), conversations: [{ head: 50 }] });
    });

    it('gives text back code unit by code unit, and fields it does not know', async () => {
      await using place = fresh();
      const store = await opened(place);
      const hostile = 'a\u0000b\u2028\ud83d\ude00 "\'; DROP TABLE drafts; -- \ud800 lone';
      const newer = { ...message(chat, 1, hostile), reactions: ['👍'] };
      await store.transaction({ events: [newer], putDrafts: [draft('a', 1, hostile)] });
      expect(await store.events({ conversationId: chat, limit: 1 })).toEqual([newer]);
      expect((await store.load()).drafts[0]?.message.content).toEqual({ text: hostile });
    });

    it('keeps the users apart', async () => {
      await using place = fresh();
      const store = await opened(place);
      await store.transaction({ events: [message(chat, 1)], putDrafts: [draft('a', 1)], cursor: cursor(1) });
      await store.close();
      const ofBob = await opened(place, bob);
      expect(await ofBob.load()).toEqual({ cursor: null, conversations: [], drafts: [] });
      expect(await ofBob.events({ conversationId: chat, limit: 1 })).toEqual([]);
      await ofBob.erase();
      await ofBob.close();
      expect((await (await opened(place)).load()).cursor).toBe(cursor(1));
    });

    it('erases everything of its user', async () => {
      await using place = fresh();
      const store = await opened(place);
      await store.transaction({
        conversations: [row(chat, 1)],
        events: [message(chat, 1)],
        putDrafts: [draft('a', 1)],
        cursor: cursor(1),
      });
      await store.erase();
      expect(await store.load()).toEqual({ cursor: null, conversations: [], drafts: [] });
      expect(await store.events({ conversationId: chat, limit: 1 })).toEqual([]);
      await store.transaction({ cursor: cursor(2) });
      expect((await store.load()).cursor).toBe(cursor(2));
    });

    it('refuses to work while it is not open', async () => {
      await using place = fresh();
      const store = place.make();
      await expect(store.load()).rejects.toThrow();
      await store.open(alice);
      await store.close();
      await expect(store.transaction({ cursor: cursor(1) })).rejects.toThrow();
    });
  });
}
