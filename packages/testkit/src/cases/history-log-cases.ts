import {
  afterErasing,
  type CommandId,
  type ConversationId,
  type ConversationState,
  type Event,
  evolve,
  type Membership,
} from '@tidemark/core';
import fc from 'fast-check';
import { expect } from 'vitest';
import { conversationBuilder } from '../builders/conversation-builder.ts';
import { buildLog, inBatches, logSteps } from '../builders/random-log.ts';
import { seededIds } from '../builders/seeded-ids.ts';
import { refOf } from '../builders/seq-counter.ts';
import type { ConformanceCase, OpenedHistory } from '../conformance-case.ts';
import { appended, byPlace, byStay, holdsNothingOf, keyOf, readBack, tables } from './history-assertions.ts';

/** Appending to the log, its uniqueness, and what is looked up in it. */
export const historyLogCases: readonly ConformanceCase<OpenedHistory>[] = [
  {
    name: 'history: events of every type are read back as they were appended',
    run: async (open) => {
      await using opened = await open();
      const ids = seededIds();
      const [carol, alice] = [ids.userId('carol'), ids.userId('alice')];
      const chat = conversationBuilder({ ids, title: 'Lunch' });
      chat.message({ type: 'order', content: { orderId: 'o-1', total: 12.5, lines: [{ sku: 'x', count: 2 }] } });
      chat.add([carol]);
      chat.remove([carol], carol);
      const self = conversationBuilder({ ids, kind: 'self', memberIds: [alice] });
      self.markRead(chat.conversationId, 2);
      await appended(opened.history, [...chat.events, ...self.events]);

      expect(await readBack(opened.history, chat.events)).toEqual(chat.events);
      expect(await readBack(opened.history, self.events)).toEqual(self.events);
    },
  },
  {
    name: 'history: an empty batch, and empty questions, are no error',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      expect(await history.append([])).toEqual({ conflict: undefined });
      expect((await history.load([])).size).toBe(0);
      expect(await history.findByCommand([])).toEqual([]);
      expect(await history.findByRef([])).toEqual([]);
      expect(await history.memberships([])).toEqual([]);
    },
  },
  {
    name: 'history: a conversationSeq that is taken is a conflict, and nothing of the batch is written',
    run: async (open) => {
      await using opened = await open();
      const ids = seededIds();
      const [alice, carol] = [ids.userId('alice'), ids.userId('carol')];
      const chat = conversationBuilder({ ids });
      await appended(opened.history, [chat.created, chat.message()]);
      const before = await tables(opened.history, [chat.conversationId]);

      const other = conversationBuilder({ ids, memberIds: [alice, carol] });
      const late = { ...chat.message(), conversationSeq: 2 } as Event;
      expect(await opened.history.append([other.created, other.message(), late])).toEqual({ conflict: 'event' });
      expect(await tables(opened.history, [chat.conversationId])).toEqual(before);
      await holdsNothingOf(opened.history, other.events);
      expect((await opened.history.conversations({ userId: carol, limit: 10 })).conversations).toEqual([]);
    },
  },
  {
    name: 'history: an event that does not follow the head is a conflict, and nothing of the batch is written',
    run: async (open) => {
      await using opened = await open();
      const ids = seededIds();
      const [chat, unknown, other] = [
        conversationBuilder({ ids }),
        conversationBuilder({ ids }),
        conversationBuilder({ ids }),
      ];
      const [, , gone, late] = [chat.created, chat.message(), chat.message(), chat.message()];
      await appended(opened.history, chat.events.slice(0, 2));
      const before = await tables(opened.history, [chat.conversationId]);

      for (const batch of [[late], [gone, unknown.message()], [late, other.created]]) {
        expect(await opened.history.append(batch as Event[])).toEqual({ conflict: 'event' });
      }
      expect(await tables(opened.history, [chat.conversationId])).toEqual(before);
      await holdsNothingOf(opened.history, [late as Event, ...unknown.events, ...other.events]);
      await appended(opened.history, [gone as Event, late as Event]);
    },
  },
  {
    name: 'history: a read mark above the head is a conflict, and nothing of the batch is written',
    run: async (open) => {
      await using opened = await open();
      const ids = seededIds();
      const [chat, unknown] = [conversationBuilder({ ids }), conversationBuilder({ ids })];
      const [, , next] = [chat.created, chat.message(), chat.message()];
      await appended(opened.history, chat.events.slice(0, 2));
      const before = await tables(opened.history, [chat.conversationId]);
      const marking = (...marks: readonly [ConversationId, number][]): readonly Event[] => {
        const own = conversationBuilder({ ids, kind: 'self', memberIds: [chat.created.actorId] });
        for (const [of, seq] of marks) own.markRead(of, seq);
        return own.events;
      };
      const { conversationId: of } = chat;
      const tooFar: readonly Event[][] = [
        [...marking([of, 3])],
        [...marking([of, 1], [unknown.conversationId, 1])],
        [next as Event, ...marking([of, 4])],
      ];

      for (const batch of tooFar) {
        expect(await opened.history.append(batch)).toEqual({ conflict: 'event' });
        await holdsNothingOf(opened.history, batch);
      }
      expect(await tables(opened.history, [of])).toEqual(before);
      await appended(opened.history, [next as Event, ...marking([of, 1], [of, 3])]);
      expect((await opened.history.conversation(chat.created.actorId, of))?.readSeq).toBe(3);
    },
  },
  {
    name: 'history: a repeated command is a conflict, and nothing of the batch is written',
    run: async (open) => {
      await using opened = await open();
      const ids = seededIds();
      const chat = conversationBuilder({ ids });
      const first = chat.message();
      await appended(opened.history, chat.events);
      const before = await tables(opened.history, [chat.conversationId]);

      const other = conversationBuilder({ ids });
      other.message({ commandId: first.commandId as CommandId });
      expect(await opened.history.append(other.events)).toEqual({ conflict: 'event' });
      await holdsNothingOf(opened.history, other.events);

      const fresh = chat.message();
      const again = chat.message({ commandId: first.commandId as CommandId });
      expect(await opened.history.append([fresh, again])).toEqual({ conflict: 'event' });
      await holdsNothingOf(opened.history, [fresh, again]);
      expect(await tables(opened.history, [chat.conversationId])).toEqual(before);
    },
  },
  {
    name: 'history: a key repeated within one batch is a conflict',
    run: async (open) => {
      await using opened = await open();
      const chat = conversationBuilder();
      const first = chat.message();
      chat.message({ commandId: first.commandId as CommandId });
      expect(await opened.history.append(chat.events)).toEqual({ conflict: 'event' });
      await holdsNothingOf(opened.history, chat.events);

      const samePlace = { ...first, commandId: 'another' as CommandId };
      expect(await opened.history.append([chat.created, first, samePlace])).toEqual({ conflict: 'event' });
      await holdsNothingOf(opened.history, chat.events);
    },
  },
  {
    name: 'history: command ids are unique per actor, by case, and only where there is one',
    run: async (open) => {
      await using opened = await open();
      const ids = seededIds();
      const [alice, bob] = [ids.userId('alice'), ids.userId('bob')];
      const chat = conversationBuilder({ ids });
      chat.message({ from: alice, commandId: 'Same' as CommandId });
      chat.message({ from: bob, commandId: 'Same' as CommandId });
      chat.message({ from: alice, commandId: 'same' as CommandId });
      // Both are created without a command of their own, by the same actor.
      const direct = conversationBuilder({ ids, kind: 'direct' });
      const self = conversationBuilder({ ids, kind: 'self' });
      await appended(opened.history, [...chat.events, ...direct.events, ...self.events]);
      expect(await readBack(opened.history, chat.events)).toEqual(chat.events);
    },
  },
  {
    name: 'history: the loaded state equals evolve over the log, however the log was batched',
    run: async (open) => {
      await using opened = await open();
      let run = 0;
      await fc.assert(
        fc.asyncProperty(
          logSteps(),
          fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1 }),
          async (steps, sizes) => {
            const chat = buildLog(seededIds(++run), steps);
            for (const batch of inBatches(chat.emitted, sizes)) {
              await appended(opened.history, batch);
              const soFar = afterErasing(chat.emitted.slice(0, (batch.at(-1) as Event).conversationSeq));
              const expected = soFar.reduce<ConversationState | undefined>(evolve, undefined);
              expect((await opened.history.load([chat.conversationId])).get(chat.conversationId)).toEqual(expected);
              expect(await readBack(opened.history, soFar)).toEqual(soFar);
            }
          },
        ),
        { numRuns: 25, seed: 1 },
      );
    },
  },
  {
    name: 'history: a conversation that does not exist is absent from what is loaded',
    run: async (open) => {
      await using opened = await open();
      const ids = seededIds();
      const [one, two, absent] = [
        conversationBuilder({ ids }),
        conversationBuilder({ ids }),
        conversationBuilder({ ids }),
      ];
      await appended(opened.history, [one.created, two.created, one.message()]);
      const states = await opened.history.load([absent, one, two].map((each) => each.conversationId));
      expect(states.size).toBe(2);
      expect(states.get(one.conversationId)).toEqual(one.state);
      expect(states.get(two.conversationId)).toEqual(two.state);
    },
  },
  {
    name: 'history: events are found by their command and by their place, and those not there are absent',
    run: async (open) => {
      await using opened = await open();
      const ids = seededIds();
      const [alice, bob] = [ids.userId('alice'), ids.userId('bob')];
      const one = conversationBuilder({ ids });
      const two = conversationBuilder({ ids });
      const [fromAlice, fromBob] = [one.message({ from: alice }), two.message({ from: bob })];
      const notAskedFor = one.message({ from: alice });
      await appended(opened.history, [...one.events, ...two.events]);

      const found = await opened.history.findByCommand([
        keyOf(fromBob),
        { actorId: bob, commandId: notAskedFor.commandId as CommandId },
        keyOf(fromAlice),
        { actorId: alice, commandId: 'never-sent' as CommandId },
      ]);
      expect(byPlace(found)).toEqual(byPlace([fromAlice, fromBob]));

      const placed = await opened.history.findByRef([refOf(fromBob), refOf(one.message()), refOf(one.created)]);
      expect(byPlace(placed)).toEqual(byPlace([fromBob, one.created]));
    },
  },
  {
    name: 'history: memberships hold every stay, past ones too',
    run: async (open) => {
      await using opened = await open();
      const ids = seededIds();
      const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((name) => ids.userId(name)) as [never, never, never];
      const chat = conversationBuilder({ ids });
      chat.add([carol]);
      chat.remove([carol]);
      chat.message();
      chat.add([carol]);
      chat.remove([bob, carol]);
      const other = conversationBuilder({ ids, memberIds: [carol] });
      for (const event of [...chat.events, ...other.events]) await appended(opened.history, [event]);

      const stays = await opened.history.memberships([chat.conversationId, other.conversationId]);
      expect(byStay(stays)).toEqual(
        byStay([
          { conversationId: chat.conversationId, userId: alice, joinedSeq: 1, leftSeq: null },
          { conversationId: chat.conversationId, userId: bob, joinedSeq: 1, leftSeq: 6 },
          { conversationId: chat.conversationId, userId: carol, joinedSeq: 2, leftSeq: 3 },
          { conversationId: chat.conversationId, userId: carol, joinedSeq: 5, leftSeq: 6 },
          { conversationId: other.conversationId, userId: carol, joinedSeq: 1, leftSeq: null },
        ] as unknown as Membership[]),
      );
      expect(await opened.history.memberships([ids.groupId()])).toEqual([]);
      for (const userId of new Set([...stays.map((stay) => stay.userId), ids.userId('mallory')])) {
        expect(byStay(await opened.history.memberships([chat.conversationId, other.conversationId], userId))).toEqual(
          byStay(stays.filter((stay) => stay.userId === userId)),
        );
      }
    },
  },
  {
    name: 'history: a stay that opens and ends in one batch is stored like one that took two',
    run: async (open) => {
      await using opened = await open();
      const ids = seededIds();
      const carol = ids.userId('carol');
      const chat = conversationBuilder({ ids });
      chat.add([carol]);
      await appended(opened.history, chat.events);
      // Ends the stored stay, has another in between, and opens a third.
      const batch = [chat.remove([carol]), chat.add([carol]), chat.remove([carol]), chat.message(), chat.add([carol])];
      await appended(opened.history, batch);
      const stays = (await opened.history.memberships([chat.conversationId])).filter((stay) => stay.userId === carol);
      expect(byStay(stays).map(({ joinedSeq, leftSeq }) => [joinedSeq, leftSeq])).toEqual([
        [2, 3],
        [4, 5],
        [7, null],
      ]);
      expect((await opened.history.load([chat.conversationId])).get(chat.conversationId)).toEqual(chat.state);
    },
  },
];
