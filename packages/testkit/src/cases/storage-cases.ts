import type { CommandId, ConversationId, Event, Storage, UserId } from '@tidemark/core';
import { expect } from 'vitest';
import { type ConversationBuilder, conversationBuilder } from '../builders/conversation-builder.ts';
import { hostileContent } from '../builders/hostile-text.ts';
import { seededIds } from '../builders/seeded-ids.ts';
import { batchFor, refOf, type SeqCounter, seqCounter } from '../builders/seq-counter.ts';
import type { ConformanceCase, OpenedStorage } from '../conformance-case.ts';
import { closeHoles, patiently, writeLikeTheWriter } from '../writer-model.ts';

/** The commit of both roles: together where it is atomic, completed by a repeat where it is not. */
export const storageCases: readonly ConformanceCase<OpenedStorage>[] = [
  {
    name: 'commit: capabilities are stated',
    run: async (open) => {
      await using opened = await open();
      const { name, atomic, survives } = opened.storage.capabilities;
      expect(name).toMatch(/\S/);
      expect(typeof atomic).toBe('boolean');
      expect(['nothing', 'process', 'machine']).toContain(survives);
    },
  },
  {
    name: 'identity: of the history, the same for every process and after a restart, another for another store',
    run: async (open) => {
      await using opened = await open();
      await using another = await open();
      const identity = await opened.storage.history.identity();
      expect(identity).toMatch(/^[A-Za-z0-9]{1,32}$/);
      expect(await another.storage.history.identity()).not.toBe(identity);
      for (const storage of await Promise.all([opened.reopen(), opened.reopen()])) {
        await storage.open();
        expect(await storage.history.identity()).toBe(identity);
      }
    },
  },
  {
    name: 'commit: events and rows are both there, and a joined event is the event',
    run: async (open) => {
      await using opened = await open();
      const chat = conversationBuilder();
      chat.message({ content: hostileContent() });
      await committed(opened.storage, chat, chat.events, seqCounter());
      for (const userId of chat.created.memberIds) {
        expect(await inboxOf(opened.storage, userId)).toEqual(chat.events);
        for (const record of await opened.storage.inbox.range(userId, 0, 10)) {
          if (record.event) expect(record.event).toEqual(chat.events[record.seq - 1]);
        }
      }
    },
  },
  {
    name: 'commit: nothing, events alone and rows alone are written too',
    run: async (open) => {
      await using opened = await open();
      const { storage } = opened;
      const chat = conversationBuilder();
      const { events, rows } = batchFor(chat, [chat.created, chat.message()], seqCounter());
      expect(await storage.commit({ events: [], rows: [] })).toEqual({ conflict: undefined });
      expect(await storage.commit({ events, rows: [] })).toEqual({ conflict: undefined });
      expect(await storage.commit({ events: [], rows })).toEqual({ conflict: undefined });
      for (const userId of chat.created.memberIds) expect(await inboxOf(storage, userId)).toEqual(events);
    },
  },
  {
    name: 'probe: many at once, beside commits, resolve and leave nothing',
    run: async (open) => {
      await using opened = await open();
      const { storage } = opened;
      const chat = conversationBuilder();
      const counter = seqCounter();
      await committed(storage, chat, [chat.created], counter);
      const commits = async (): Promise<void> => {
        for (let n = 0; n < 5; n++) await committed(storage, chat, [chat.message()], counter);
      };
      const probes = [storage, storage.history, storage.inbox].map((probed) => patiently(() => probed.probe()));
      await Promise.all([commits(), ...probes, ...probes.map(() => patiently(() => storage.probe()))]);
      const undelivered = await storage.history.undelivered();
      expect(undelivered.filter(({ conversationId }) => conversationId !== chat.conversationId)).toEqual([]);
      for (const userId of chat.created.memberIds) expect(await inboxOf(storage, userId)).toEqual(chat.events);
    },
  },
  {
    name: 'wall time: where a store tells it, it is in ms since 1970',
    run: async (open) => {
      await using opened = await open();
      const { history, inbox } = opened.storage;
      for (const { wallTime } of [history, inbox]) {
        if (wallTime) expect(Math.abs((await wallTime()) - Date.now())).toBeLessThan(24 * 3_600_000);
      }
    },
  },
  {
    name: 'commit: a repeat is a conflict of events, and changes nothing',
    run: async (open) => {
      await using opened = await open();
      const { storage } = opened;
      const chat = conversationBuilder();
      chat.message();
      const counter = seqCounter();
      await committed(storage, chat, chat.events, counter);
      expect(await storage.commit(batchFor(chat, chat.events, seqCounter()))).toEqual({ conflict: 'event' });
      expect(await storage.commit(batchFor(chat, chat.events, counter))).toEqual({ conflict: 'event' });
      for (const userId of chat.created.memberIds) expect(await inboxOf(storage, userId)).toEqual(chat.events);
    },
  },
  {
    name: 'commit: a conflict of events leaves no rows',
    run: async (open) => {
      await using opened = await open();
      const { storage } = opened;
      const chat = conversationBuilder();
      const first = chat.message();
      const counter = seqCounter();
      await committed(storage, chat, chat.events, counter);
      const again = chat.message({ commandId: first.commandId as CommandId });
      expect(await storage.commit(batchFor(chat, [again], counter))).toEqual({ conflict: 'event' });
      for (const userId of chat.created.memberIds) expect(await inboxOf(storage, userId)).toHaveLength(2);
      expect(await storage.history.findByRef([refOf(again)])).toEqual([]);
    },
  },
  {
    name: 'commit: a conflict of rows leaves nothing where the commit is atomic, else a history that a repeat completes',
    run: async (open) => {
      await using opened = await open();
      const { storage } = opened;
      const chat = conversationBuilder();
      await committed(storage, chat, chat.events, seqCounter());
      const next = chat.message();
      // The counters were lost: seq 1 is given once more.
      const counter = seqCounter();
      expect(await storage.commit(batchFor(chat, [next], counter))).toEqual({ conflict: 'entry' });
      expect(await storage.history.findByRef([refOf(next)])).toEqual(storage.capabilities.atomic ? [] : [next]);
      expect(await storage.inbox.find(chat.created.memberIds.map((userId) => ({ userId, ref: refOf(next) })))).toEqual(
        [],
      );

      expect(await writeLikeTheWriter(storage, counter, [next])).toEqual([next]);
      for (const userId of chat.created.memberIds) expect(await inboxOf(storage, userId)).toEqual(chat.events);
    },
  },
  {
    name: 'commit: what a crash between history and inbox left half done is completed by a repeat',
    run: async (open) => {
      await using opened = await open();
      const ids = seededIds();
      const [bob, carol] = [ids.userId('bob'), ids.userId('carol')];
      const chat = conversationBuilder({ ids });
      const counter = seqCounter();
      await committed(opened.storage, chat, chat.events, counter);
      const batch = [chat.add([carol]), chat.message(), chat.remove([bob]), chat.message()];
      expect(await opened.storage.history.append(batch)).toEqual({ conflict: undefined });

      // The next process knows the commands, and nothing else: not even the counters.
      const storage = await opened.reopen();
      expect(await writeLikeTheWriter(storage, seqCounter(), batch)).toEqual(batch);
      expect(await storage.history.findByRef(chat.events.map(refOf))).toHaveLength(chat.events.length);
      for (const userId of [...chat.created.memberIds, carol]) {
        expect(await inboxOf(storage, userId)).toEqual(
          chat.events.filter((event) => chat.recipientsOf(event).includes(userId)),
        );
      }
      // And once more changes nothing.
      expect(await writeLikeTheWriter(storage, seqCounter(), batch)).toEqual(batch);
      expect(await inboxOf(storage, bob)).toHaveLength(4);
    },
  },
  {
    name: 'commit: a crash that left some rows behind is completed without delivering twice',
    run: async (open) => {
      await using opened = await open();
      const { storage } = opened;
      const chat = conversationBuilder();
      const message = chat.message();
      const { events, rows } = batchFor(chat, chat.events, seqCounter());
      await storage.history.append(events);
      await storage.inbox.append(rows.slice(0, 3));
      expect(await writeLikeTheWriter(storage, seqCounter(), [chat.created, message])).toEqual(events);
      for (const userId of chat.created.memberIds) expect(await inboxOf(storage, userId)).toEqual(events);
    },
  },
  {
    name: 'commit: of two processes that carry out one command exactly one stores it',
    run: async (open) => {
      await using opened = await open();
      const storages = [opened.storage, await opened.reopen()];
      const ids = seededIds();
      const counter = seqCounter();
      for (let round = 0; round < 10; round++) {
        const chat = conversationBuilder({ ids });
        await writeLikeTheWriter(opened.storage, counter, chat.events);
        const message = chat.message();
        const proposals = storages.map(() => ({ ...message, messageId: ids.messageId() }));
        const results = await Promise.all(
          proposals.map((each, n) => writeLikeTheWriter(storages[n] as Storage, seqCounter(), [each])),
        );
        expect(results[0]).toEqual(results[1]);
        const deliveries = chat.created.memberIds.map((userId) => ({ userId, ref: refOf(message) }));
        expect(await opened.storage.inbox.find(deliveries)).toHaveLength(2);
      }
    },
  },
  {
    name: 'commit: of two conversations that race for one seq of one user exactly one gets it, and no half commit stays',
    run: async (open) => {
      await using opened = await open();
      const storages = [opened.storage, await opened.reopen()];
      const ids = seededIds();
      const alice = ids.userId('alice');
      let head = 0;
      for (let round = 0; round < 10; round++) {
        const chats = storages.map((_, n) =>
          conversationBuilder({ ids, memberIds: [alice, ids.userId(`peer${round}-${n}`)] }),
        );
        const counters = storages.map(() => seqCounter());
        for (const counter of counters) counter.raise(alice, head);
        const outcomes = await Promise.all(
          chats.map((chat, n) =>
            patiently(() => (storages[n] as Storage).commit(batchFor(chat, chat.events, counters[n] as SeqCounter))),
          ),
        );
        expect(outcomes.map((each) => each.conflict).sort()).toEqual(['entry', undefined]);
        const lost = chats[outcomes.findIndex((each) => each.conflict)] as ConversationBuilder;
        const { history, inbox, capabilities } = opened.storage;
        if (capabilities.atomic) {
          expect(await history.findByRef([refOf(lost.created)])).toEqual([]);
          const deliveries = lost.created.memberIds.map((userId) => ({ userId, ref: refOf(lost.created) }));
          expect(await inbox.find(deliveries)).toEqual([]);
        }
        await writeLikeTheWriter(opened.storage, seqCounter(), lost.events);
        head = (await inbox.bounds([alice])).get(alice)?.head ?? 0;
        expect(head).toBe(2 * (round + 1));
        expect(new Set((await inboxOf(opened.storage, alice)).map((event) => event.conversationId)).size).toBe(head);
      }
    },
  },
  {
    name: 'commit: many writers at once leave dense inboxes, each event in each exactly once',
    run: async (open) => {
      await using opened = await open();
      const storages = [opened.storage, await opened.reopen()];
      const ids = seededIds();
      const members = ['alice', 'bob', 'carol'].map((name) => ids.userId(name));
      const chats = Array.from({ length: 8 }, () => {
        const chat = conversationBuilder({ ids, memberIds: members });
        for (let n = 0; n < 4; n++) chat.message({ from: members[n % 3] as UserId });
        return chat;
      });
      // Two processes that do not know each other's counters.
      const counters = storages.map(() => seqCounter());
      await Promise.all(
        chats.map(async (chat, n) => {
          for (const event of chat.events) {
            await writeLikeTheWriter(storages[n % 2] as Storage, counters[n % 2] as SeqCounter, [event], {
              rounds: 500,
            });
          }
        }),
      );
      const all = chats.flatMap((chat) => chat.events.map(placeOf)).sort();
      for (const userId of members) {
        await closeHoles(opened.storage.inbox, userId, ids.now());
        const records = await opened.storage.inbox.range(userId, 0, 10_000);
        expect(records.map((record) => record.seq)).toEqual(records.map((_, n) => n + 1));
        expect(records.flatMap(({ ref }) => (ref ? placeOf(ref) : [])).sort()).toEqual(all);
      }
    },
  },
  {
    name: 'commit: 200 events, and one event to 1,000 members, are each one commit',
    run: async (open) => {
      await using opened = await open();
      const { storage } = opened;
      const ids = seededIds();
      const counter = seqCounter();
      const chat = conversationBuilder({ ids });
      for (let n = 0; n < 199; n++) chat.message();
      await committed(storage, chat, chat.events, counter);
      expect(await inboxOf(storage, ids.userId('bob'))).toEqual(chat.events);

      const memberIds = Array.from({ length: 1_000 }, (_, n) => ids.userId(`member${n}`));
      const large = conversationBuilder({ ids, memberIds });
      await committed(storage, large, [large.created, large.message()], counter);
      const bounds = await storage.inbox.bounds(memberIds);
      expect(memberIds.every((userId) => bounds.get(userId)?.head === 2)).toBe(true);
    },
  },
  {
    name: 'inbox: a page ends at its limit or its bytes, whichever comes first, where the inbox has the events at hand',
    run: async (open) => {
      await using opened = await open();
      const { storage } = opened;
      const ids = seededIds();
      const chat = conversationBuilder({ ids });
      // Seqs 2 to 6 of 10 kB each.
      for (let n = 2; n <= 6; n++) chat.message({ content: { text: 'x'.repeat(10_000) } });
      await committed(storage, chat, chat.events, seqCounter());
      const bob = ids.userId('bob');
      const [first] = await storage.inbox.range(bob, 0, 1);
      const joins = first?.event !== undefined;
      const ask = async (after: number, limit: number, bytes?: number) =>
        (await storage.inbox.range(bob, after, limit, bytes)).map((record) => record.seq);
      expect(await ask(1, 10, 35_000)).toEqual(joins ? [2, 3, 4] : [2, 3, 4, 5, 6]);
      expect(await ask(1, 2, 35_000)).toEqual([2, 3]);
      expect(await ask(4, 10, 35_000)).toEqual([5, 6]);
      expect(await ask(4, 1, 1)).toEqual([5]);
      expect(await ask(3, 10, 1)).toEqual(joins ? [4] : [4, 5, 6]);
      expect(await ask(6, 10, 1)).toEqual([]);
      expect(await storage.inbox.seqs(bob, 1, 3)).toEqual([2, 3, 4]);
      expect(await storage.inbox.seqs(bob, 5, 3)).toEqual([6]);
    },
  },
  {
    name: 'commit: both roles are there after a restart, with the epoch',
    run: async (open) => {
      await using opened = await open();
      const chat = conversationBuilder();
      chat.message();
      await committed(opened.storage, chat, chat.events, seqCounter());
      const storage = await opened.reopen();
      expect(storage.inbox.epoch).toBe(opened.storage.inbox.epoch);
      expect(storage.capabilities).toEqual(opened.storage.capabilities);
      for (const userId of chat.created.memberIds) expect(await inboxOf(storage, userId)).toEqual(chat.events);
      expect(await storage.commit(batchFor(chat, chat.events, seqCounter()))).toEqual({ conflict: 'event' });
    },
  },
];

/** Commits what must not conflict. */
async function committed(storage: Storage, chat: ConversationBuilder, events: readonly Event[], counter: SeqCounter) {
  const batch = batchFor(chat, events, counter);
  expect(await patiently(() => storage.commit(batch))).toEqual({ conflict: undefined });
}

/** The events of an inbox in order of seq, from the history, which must hold every one of them. */
async function inboxOf({ history, inbox }: Storage, userId: UserId): Promise<Event[]> {
  const refs = (await inbox.range(userId, 0, 10_000)).flatMap(({ ref }) => ref ?? []);
  const events = new Map((await history.findByRef(refs)).map((event) => [placeOf(event), event]));
  expect(
    refs.filter((ref) => !events.has(placeOf(ref))),
    'rows without their event',
  ).toEqual([]);
  return refs.flatMap((ref) => events.get(placeOf(ref)) ?? []);
}

function placeOf(ref: { conversationId: ConversationId; conversationSeq: number }): string {
  return `${ref.conversationId} ${ref.conversationSeq}`;
}
