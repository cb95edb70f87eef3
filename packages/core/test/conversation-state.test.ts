import { type ConversationState, type Event, evolve, project, recipientsAsOf, recipientsOf } from '@tidemark/core';
import { buildLog, conversationBuilder, inBatches, logSteps, seededIds } from '@tidemark/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

describe('evolve, project and recipients', () => {
  test('agree on who receives each event, while it is new and ever after', () => {
    fc.assert(
      fc.property(logSteps(60), (steps) => {
        const { events } = buildLog(seededIds(), steps);
        const stays = project(events).joined;
        let state: ConversationState | undefined;
        for (const event of events) {
          state = evolve(state, event);
          expect(recipientsAsOf(stays, event).sort()).toEqual(recipientsOf(state, event).sort());
        }
      }),
    );
  });

  test('agree however the log is cut into batches', () => {
    fc.assert(
      fc.property(logSteps(60), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (steps, sizes) => {
        const { events } = buildLog(seededIds(), steps);
        // The tables, as every adapter keeps them: close the open stay, then insert the new ones.
        const stays: { userId: string; joinedSeq: number; leftSeq: number | null }[] = [];
        let head: unknown;
        for (const batch of inBatches(events, sizes)) {
          const { left, joined, heads } = project(batch);
          for (const { userId, leftSeq } of left) {
            const open = stays.filter((stay) => stay.userId === userId && stay.leftSeq === null);
            expect(open).toHaveLength(1);
            for (const stay of open) stay.leftSeq = leftSeq;
          }
          stays.push(...joined.map(({ userId, joinedSeq, leftSeq }) => ({ userId, joinedSeq, leftSeq })));
          expect(heads).toHaveLength(1);
          head = heads[0]?.head;
        }
        const whole = project(events);
        expect(stays.sort(byStay)).toEqual(
          whole.joined.map(({ userId, joinedSeq, leftSeq }) => ({ userId, joinedSeq, leftSeq })).sort(byStay),
        );
        expect(whole.left).toEqual([]);
        expect(head).toBe(events.length);
      }),
    );
  });

  test('let who is removed receive the removal and nothing after it', () => {
    const ids = seededIds();
    const bob = ids.userId('bob');
    const chat = conversationBuilder({ ids });
    const [removal, after] = [chat.remove([bob]), chat.message()];
    const stays = project(chat.events).joined;
    expect(recipientsAsOf(stays, removal)).toContain(bob);
    expect(recipientsAsOf(stays, after)).not.toContain(bob);
    expect(chat.recipientsOf(removal)).toContain(bob);
    expect(chat.recipientsOf(after)).not.toContain(bob);
  });
});

describe('evolve', () => {
  test('refuses a log that does not begin with the creation', () => {
    expect(() => evolve(undefined, conversationBuilder().message())).toThrow(/must create it/);
  });

  test('leaves the state before as it was', () => {
    const ids = seededIds();
    const chat = conversationBuilder({ ids });
    const before = chat.state;
    chat.add([ids.userId('carol')]);
    expect(before.members.size).toBe(2);
    expect(chat.state.members.size).toBe(3);
  });
});

describe('project', () => {
  test('gives the newest head of each conversation, and the newest message of the batch if there is one', () => {
    const ids = seededIds();
    const [chat, other] = [conversationBuilder({ ids }), conversationBuilder({ ids })];
    const message = chat.message();
    const added = chat.add([ids.userId('carol')]);
    expect(project([...chat.events, other.created]).heads).toEqual([
      { ...headOf(added), after: 0, lastMessageSeq: message.conversationSeq, activeAt: message.at },
      { ...headOf(other.created), after: 0, lastMessageSeq: null, activeAt: other.created.at },
    ]);
    const after = message.conversationSeq;
    expect(project([added]).heads).toEqual([{ ...headOf(added), after, lastMessageSeq: null, activeAt: null }]);
  });

  test('gives the highest read mark of each conversation, in any order', () => {
    const ids = seededIds();
    const [one, two] = [ids.groupId(), ids.groupId()];
    const self = conversationBuilder({ ids, kind: 'self' });
    const marks: readonly [typeof one, number][] = [
      [one, 4],
      [two, 1],
      [one, 7],
      [one, 2],
    ];
    for (const [of, seq] of marks) self.markRead(of, seq);
    const userId = self.created.actorId;
    expect(project(self.events).readMarks).toEqual([
      { userId, conversationId: one, readSeq: 7 },
      { userId, conversationId: two, readSeq: 1 },
    ]);
  });

  test('gives how far conversations must have come for their marks, but for what the batch itself brings there', () => {
    const ids = seededIds();
    const chat = conversationBuilder({ ids });
    chat.message();
    const elsewhere = ids.groupId();
    const selves = [conversationBuilder({ ids, kind: 'self' }), conversationBuilder({ ids, kind: 'self' })];
    for (const [index, self] of selves.entries()) {
      self.markRead(elsewhere, 4 + index);
      self.markRead(chat.conversationId, 1 + index);
    }
    const marks = selves.flatMap((self) => self.events);
    const far = { conversationId: elsewhere, head: 5 };
    expect(project([...chat.events, ...marks]).reached).toEqual([far]);
    expect(project(marks).reached).toEqual([far, { conversationId: chat.conversationId, head: 2 }]);
    const [created] = chat.events;
    expect(project([created as Event, ...marks]).reached).toEqual([
      far,
      { conversationId: chat.conversationId, head: 2 },
    ]);
  });
});

function headOf({ conversationId, conversationSeq, at }: Event) {
  return { conversationId, head: conversationSeq, lastAt: at };
}

function byStay(a: { userId: string; joinedSeq: number }, b: { userId: string; joinedSeq: number }): number {
  return a.joinedSeq - b.joinedSeq || (a.userId < b.userId ? -1 : 1);
}
