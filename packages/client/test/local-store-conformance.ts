import {
  type CommandId,
  type ConversationId,
  type Cursor,
  DEFAULT_SETTINGS,
  type Event,
  type UserId,
} from '@tidemark/core';
import type { ConversationRow, Draft, LocalStore } from '../src/index.ts';

/*
 * What every LocalStore promises, as plain functions: they need no test runner, so that a page of a browser can run them too.
 */

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
    unreadMentions: 0,
    lastMessage: null,
    activeAt: head,
    settings: DEFAULT_SETTINGS,
    ownSeq: 0,
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

export interface LocalStoreCase {
  readonly name: string;
  /** Rejects when the promise is broken. `fresh` gives an empty place, which it disposes of. */
  run(fresh: () => LocalStorePlace): Promise<void>;
}

async function opened(place: LocalStorePlace, userId = alice): Promise<LocalStore> {
  const store = place.make();
  await store.open(userId);
  return store;
}

async function seqsOf(store: LocalStore, query: { after?: number; before?: number; limit: number }): Promise<number[]> {
  return (await store.events({ conversationId: chat, ...query })).map((event) => event.conversationSeq);
}

function equal(actual: unknown, expected: unknown): void {
  const [a, b] = [canonical(actual), canonical(expected)];
  if (a !== b) throw new Error(`expected ${b}\n     got ${a}`);
}

/** Equal texts for equal JSON, whatever the order of fields. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

async function rejects(promise: Promise<unknown>): Promise<void> {
  const outcome = await promise.then(
    () => 'resolved',
    () => 'rejected',
  );
  equal(outcome, 'rejected');
}

export const localStoreCases: readonly LocalStoreCase[] = [
  {
    name: 'is empty on a new device',
    run: async (fresh) => {
      await using place = fresh();
      const store = await opened(place);
      equal(await store.load(), { cursor: null, conversations: [], drafts: [] });
      equal(await store.events({ conversationId: chat, limit: 10 }), []);
    },
  },
  {
    name: 'keeps rows, events, drafts and cursor of one transaction over closing and opening',
    run: async (fresh) => {
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
      equal(await again.load(), { cursor: cursor(2), conversations: [row(chat, 2)], drafts: [draft('a', 1)] });
      equal(await again.events({ conversationId: chat, after: 0, limit: 10 }), changes.events);
    },
  },
  {
    name: 'replaces rows, events and drafts of the same key',
    run: async (fresh) => {
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
      equal(await store.load(), { cursor: null, conversations: [row(chat, 2)], drafts: [failed] });
      equal(await store.events({ conversationId: chat, limit: 10 }), [message(chat, 1, 'new')]);
    },
  },
  {
    name: 'reads events of one conversation by range, in the order asked for',
    run: async (fresh) => {
      await using place = fresh();
      const store = await opened(place);
      await store.transaction({ events: [10, 2, 9, 1, 100].map((seq) => message(chat, seq)) });
      await store.transaction({ events: [message(other, 5)] });
      const seqs = async (query: { after?: number; before?: number; limit: number }) =>
        (await store.events({ conversationId: chat, ...query })).map((event) => event.conversationSeq);
      equal(await seqs({ limit: 3 }), [100, 10, 9]);
      equal(await seqs({ before: 10, limit: 2 }), [9, 2]);
      equal(await seqs({ after: 2, limit: 2 }), [9, 10]);
      equal(await seqs({ after: 0, limit: Number.MAX_SAFE_INTEGER }), [1, 2, 9, 10, 100]);
      equal(await seqs({ after: 2, before: 100, limit: 10 }), [9, 10]);
      equal(await seqs({ after: 100, limit: 10 }), []);
    },
  },
  {
    name: 'loads drafts by their order, and ignores the removal of what is not there',
    run: async (fresh) => {
      await using place = fresh();
      const store = await opened(place);
      await store.transaction({ putDrafts: [draft('z', 10), draft('a', 9), draft('m', 100)] });
      await store.transaction({ removeDrafts: ['a', 'unknown'] as CommandId[] });
      equal(
        (await store.load()).drafts.map((each) => each.clientMessageId),
        ['z', 'm'],
      );
    },
  },
  {
    name: 'removes after it puts, when one transaction does both to a draft',
    run: async (fresh) => {
      await using place = fresh();
      const store = await opened(place);
      await store.transaction({ putDrafts: [draft('a', 1)], removeDrafts: ['a' as CommandId] });
      equal((await store.load()).drafts, []);
    },
  },
  {
    name: 'replaces conversations and events in one transaction with what follows them, and keeps the drafts',
    run: async (fresh) => {
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
      equal(await store.load(), { cursor: 'f:1', conversations: [row(chat, 9)], drafts: [draft('b', 2)] });
      equal(await store.events({ conversationId: chat, limit: 10 }), [message(chat, 9)]);
      equal(await store.events({ conversationId: other, limit: 10 }), []);
    },
  },
  {
    name: 'applies transactions in the order of the calls',
    run: async (fresh) => {
      await using place = fresh();
      const store = await opened(place);
      const seqs = Array.from({ length: 50 }, (_, index) => index + 1);
      await Promise.all(seqs.map((seq) => store.transaction({ cursor: cursor(seq), conversations: [row(chat, seq)] })));
      equal(await store.load(), { cursor: cursor(50), conversations: [row(chat, 50)], drafts: [] });
    },
  },
  {
    name: 'gives text back code unit by code unit, and fields it does not know',
    run: async (fresh) => {
      await using place = fresh();
      const store = await opened(place);
      const hostile = 'a\u0000b\u2028\ud83d\ude00 "\'; DROP TABLE drafts; -- \ud800 lone';
      const newer = { ...message(chat, 1, hostile), reactions: ['👍'] };
      await store.transaction({ events: [newer], putDrafts: [draft('a', 1, hostile)] });
      equal(await store.events({ conversationId: chat, limit: 1 }), [newer]);
      equal((await store.load()).drafts[0]?.message.content, { text: hostile });
    },
  },
  {
    name: 'keeps the users apart',
    run: async (fresh) => {
      await using place = fresh();
      const store = await opened(place);
      await store.transaction({ events: [message(chat, 1)], putDrafts: [draft('a', 1)], cursor: cursor(1) });
      await store.close();
      const ofBob = await opened(place, bob);
      equal(await ofBob.load(), { cursor: null, conversations: [], drafts: [] });
      equal(await ofBob.events({ conversationId: chat, limit: 1 }), []);
      await ofBob.erase();
      await ofBob.close();
      equal((await (await opened(place)).load()).cursor, cursor(1));
    },
  },
  {
    name: 'erases everything of its user',
    run: async (fresh) => {
      await using place = fresh();
      const store = await opened(place);
      await store.transaction({
        conversations: [row(chat, 1)],
        events: [message(chat, 1)],
        putDrafts: [draft('a', 1)],
        cursor: cursor(1),
      });
      await store.erase();
      equal(await store.load(), { cursor: null, conversations: [], drafts: [] });
      equal(await store.events({ conversationId: chat, limit: 1 }), []);
      await store.transaction({ cursor: cursor(2) });
      equal((await store.load()).cursor, cursor(2));
    },
  },
  {
    name: 'names whose data are here, if it can',
    run: async (fresh) => {
      await using place = fresh();
      for (const user of [alice, bob]) {
        const store = await opened(place, user);
        await store.transaction({ cursor: cursor(1) });
        if (!store.users) return;
        await store.close();
      }
      const store = await opened(place);
      equal([...((await store.users?.()) ?? [])].sort(), [alice, bob]);
      await store.close();
    },
  },
  {
    name: 'refuses to work while it is not open',
    run: async (fresh) => {
      await using place = fresh();
      const store = place.make();
      await rejects(store.load());
      await store.open(alice);
      await store.close();
      await rejects(store.transaction({ cursor: cursor(1) }));
    },
  },
  {
    name: 'changes nothing when a part of a transaction cannot be written',
    run: async (fresh) => {
      await using place = fresh();
      const store = await opened(place);
      await store.transaction({ conversations: [row(chat, 1)], events: [message(chat, 1)], cursor: cursor(1) });
      await rejects(
        store.transaction({
          replace: true,
          conversations: [row(chat, 2)],
          events: [message(chat, 2), null as unknown as Event],
          putDrafts: [draft('a', 1)],
          cursor: cursor(2),
        }),
      );
      equal(await store.load(), { cursor: cursor(1), conversations: [row(chat, 1)], drafts: [] });
      equal(await store.events({ conversationId: chat, limit: 10 }), [message(chat, 1)]);
      await store.transaction({ cursor: cursor(3) });
      equal((await store.load()).cursor, cursor(3));
    },
  },
  {
    name: 'takes a batch of thousands, and reads it back in pages from both ends',
    run: async (fresh) => {
      await using place = fresh();
      const store = await opened(place);
      const events = Array.from({ length: 2_000 }, (_, index) =>
        message(chat, index + 1, `${index} ${'x'.repeat(200)}`),
      );
      await store.transaction({ conversations: [row(chat, 2_000)], events, cursor: cursor(2_000) });
      equal(await seqsOf(store, { limit: 3 }), [2_000, 1_999, 1_998]);
      let [down, up] = [2_001, 0];
      for (let page = 0; page < 20; page += 1) {
        const older = await seqsOf(store, { before: down, limit: 100 });
        equal(
          older,
          Array.from({ length: 100 }, (_, index) => down - 1 - index),
        );
        const newer = await seqsOf(store, { after: up, limit: 100 });
        equal(
          newer,
          Array.from({ length: 100 }, (_, index) => up + 1 + index),
        );
        [down, up] = [down - 100, up + 100];
      }
      equal(await seqsOf(store, { before: down, limit: 100 }), []);
      equal(await store.events({ conversationId: chat, after: 0, limit: Number.MAX_SAFE_INTEGER }), events);
    },
  },
  {
    name: 'reads at the borders of ranges',
    run: async (fresh) => {
      await using place = fresh();
      const store = await opened(place);
      await store.transaction({ events: [1, 15, 16, 17, 31, 32, 33, 64].map((seq) => message(chat, seq)) });
      equal(await seqsOf(store, { before: 1, limit: 5 }), []);
      equal(await seqsOf(store, { before: 2, limit: 5 }), [1]);
      equal(await seqsOf(store, { after: 64, limit: 5 }), []);
      equal(await seqsOf(store, { after: 63, limit: 5 }), [64]);
      equal(await seqsOf(store, { after: 15, before: 17, limit: 5 }), [16]);
      equal(await seqsOf(store, { after: 16, before: 17, limit: 5 }), []);
      equal(await seqsOf(store, { after: 20, before: 10, limit: 5 }), []);
      equal(await seqsOf(store, { before: 32, limit: 1 }), [31]);
      equal(await seqsOf(store, { after: 15, limit: 4 }), [16, 17, 31, 32]);
      equal(await seqsOf(store, { before: 1_000, limit: 8 }), [64, 33, 32, 31, 17, 16, 15, 1]);
    },
  },
  {
    name: 'answers reads that run at the same time as each other and as a transaction, each from one moment',
    run: async (fresh) => {
      await using place = fresh();
      const store = await opened(place);
      await store.transaction({ events: [message(chat, 1)], cursor: cursor(1) });
      const answers = await Promise.all([
        store.events({ conversationId: chat, limit: 10 }),
        store.load(),
        store.transaction({ events: [message(chat, 2), message(chat, 3)], cursor: cursor(3) }),
        store.events({ conversationId: chat, limit: 10 }),
        store.load(),
      ]);
      equal(answers[0], [message(chat, 1)]);
      equal(answers[1].cursor, cursor(1));
      const length = answers[3].length;
      if (length !== 1 && length !== 3) throw new Error(`a read saw half of a transaction: ${length} events`);
      equal(await seqsOf(store, { limit: 10 }), [3, 2, 1]);
    },
  },
  {
    name: 'keeps users apart whose ids begin alike or hold what keys are made of',
    run: async (fresh) => {
      await using place = fresh();
      const users = ['a', 'a/b', 'a:b', 'A', 'a%2Fb', "a'b", 'a"b', 'a_'] as UserId[];
      for (const [index, user] of users.entries()) {
        const store = await opened(place, user);
        await store.transaction({
          events: [message(chat, 1, user)],
          putDrafts: [draft(user, 1)],
          cursor: cursor(index),
        });
        await store.close();
      }
      for (const [index, user] of users.entries()) {
        const store = await opened(place, user);
        equal(await store.load(), { cursor: cursor(index), conversations: [], drafts: [draft(user, 1)] });
        equal(await store.events({ conversationId: chat, limit: 2 }), [message(chat, 1, user)]);
        if (index % 2 === 0) await store.erase();
        await store.close();
      }
      for (const [index, user] of users.entries()) {
        const store = await opened(place, user);
        equal((await store.load()).cursor, index % 2 === 0 ? null : cursor(index));
        await store.close();
      }
    },
  },
];
