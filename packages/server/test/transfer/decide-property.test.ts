import {
  type Command,
  type ConversationSeq,
  type ConversationState,
  createIdSource,
  DEFAULT_LIMITS,
  type Event,
  project,
  recipientsAsOf,
  recipientsOf,
  type UserId,
} from '@tidemark/core';
import { reactionCountsIn, reactorsIn } from '@tidemark/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Subjects } from '../../src/features/subjects.ts';
import { decide } from '../../src/transfer/decide.ts';
import {
  addMembers,
  alice,
  bob,
  carol,
  createGroup,
  dave,
  edit,
  group,
  react,
  removeMembers,
  revoke,
  send,
} from '../support/commands.ts';

const user = fc.constantFrom(alice, bob, carol, dave);
const users = fc.array(user, { minLength: 1, maxLength: 3 });

/** What anyone might ask of a group, allowed or not. */
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: user.map((actorId) => send(actorId, group)) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(user, fc.integer({ min: 1, max: 20 }))
      .map(([actorId, seq]) => edit(actorId, group, { seq: seq as ConversationSeq })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(user, fc.integer({ min: 1, max: 12 }), fc.constantFrom('👍', '❤️'), fc.boolean())
      .map(([actorId, seq, key, on]) => react(actorId, group, { seq: seq as ConversationSeq }, { key, on })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(user, fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 3 }))
      .map(([actorId, seqs]) =>
        revoke(
          actorId,
          group,
          seqs.map((seq) => ({ seq: seq as ConversationSeq })),
        ),
      ),
  },
  fc.tuple(user, users).map(([actorId, memberIds]) => addMembers(actorId, memberIds)),
  fc.tuple(user, users).map(([actorId, memberIds]) => removeMembers(actorId, memberIds)),
  fc.tuple(user, users).map(([actorId, memberIds]) => createGroup(actorId, memberIds)),
);
const step = fc.record({ command, now: fc.nat(1_000) });

interface Life {
  readonly events: readonly Event[];
  /** By conversationSeq - 1: who the writer sent it to. */
  readonly recipients: readonly (readonly UserId[])[];
}

function live(steps: readonly { command: Command; now: number }[]): Life {
  const ids = createIdSource(() => 0.5);
  const events: Event[] = [];
  const recipients: UserId[][] = [];
  const subjects = new Subjects();
  let state: ConversationState | undefined;
  for (const { command: each, now } of steps) {
    const decision = decide(state, each, {
      now,
      mostAhead: 1_000,
      ids,
      limits: { ...DEFAULT_LIMITS, inboxMembers: 4 },
      permissions: { pin: 'everybody', mentionAll: 'everybody' },
      subjects,
      isThere: () => true,
    });
    if ('error' in decision) continue;
    subjects.add(decision.events);
    for (const event of decision.events) {
      events.push(event);
      recipients.push(recipientsOf(decision.state, event));
    }
    state = decision.state;
  }
  return { events, recipients };
}

test('whatever is asked of a conversation, its log is dense and its time never goes back', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { events } = live(steps);
      expect(events.map((event) => event.conversationSeq)).toEqual(events.map((_, index) => index + 1));
      const times = events.map((event) => event.at);
      expect(times).toEqual([...times].sort((a, b) => a - b));
    }),
  );
});

test('whoever the writer sent an event to is whoever the stored stays name later', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { events, recipients } = live(steps);
      const { joined } = project(events);
      for (const [index, event] of events.entries()) {
        expect(recipientsAsOf(joined, event).sort()).toEqual([...(recipients[index] ?? [])].sort());
      }
    }),
  );
});

test('nobody who is not a member acts, and nobody receives twice', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { events, recipients } = live(steps);
      for (const [index, event] of events.entries()) {
        const to = recipients[index] ?? [];
        expect(new Set(to).size).toBe(to.length);
        // The actor was a member, so the event is theirs too, even the one with which they leave.
        expect(to).toContain(event.actorId);
      }
    }),
  );
});

test('an edit is of a message of its actor, and the versions of each message count up from 2', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { events } = live(steps);
      const versions = new Map<number, number>();
      for (const event of events) {
        if (event.type !== 'message.edited') continue;
        const message = events[event.targetSeq - 1];
        expect(message).toMatchObject({ type: 'message.sent', actorId: event.actorId });
        expect(event.version).toBe((versions.get(event.targetSeq) ?? 1) + 1);
        versions.set(event.targetSeq, event.version);
      }
    }),
  );
});

test('a reaction changes something, and says how many have it on after it, and who came last', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const { events } = live(steps);
      for (const [index, event] of events.entries()) {
        if (event.type !== 'reaction.changed') continue;
        const { targetSeq, key, actorId, on, count, newest, since } = event;
        expect(events[targetSeq - 1]).toMatchObject({ type: 'message.sent', actorId: event.targetAuthor });
        const before = reactorsIn(events.slice(0, index), targetSeq).get(key);
        expect(before?.users.includes(actorId) ?? false).toBe(!on);
        const after = reactionCountsIn(events.slice(0, index + 1), targetSeq).get(key);
        expect({ count, newest, since }).toEqual(after ?? { count: 0, newest: [], since: before?.since });
      }
    }),
  );
});

test('a message is revoked once, by its author or the creator, and nothing is said of it afterwards', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const { events } = live(steps);
      const revoked = new Set<number>();
      for (const event of events) {
        if ('targetSeq' in event) expect(revoked).not.toContain(event.targetSeq);
        if (event.type !== 'message.revoked') continue;
        expect(event.targets).not.toEqual([]);
        for (const { seq, senderId, clientMessageId } of event.targets) {
          const message = events[seq - 1];
          expect(message).toMatchObject({ type: 'message.sent', actorId: senderId, commandId: clientMessageId });
          expect([senderId, events[0]?.actorId]).toContain(event.actorId);
          expect(revoked).not.toContain(seq);
          revoked.add(seq);
        }
      }
    }),
  );
});
