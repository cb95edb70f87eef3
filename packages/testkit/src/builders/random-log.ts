import type { Event, Mentions, UserId } from '@tidemark/core';
import fc from 'fast-check';
import { type ConversationBuilder, conversationBuilder } from './conversation-builder.ts';
import { pinsIn } from './pins-in.ts';
import { reactorsIn } from './reactions-in.ts';
import type { SeededIds } from './seeded-ids.ts';

/** One command-like step; it is skipped where the writer would refuse it or find nothing to change. */
export interface LogStep {
  readonly type: 'message' | 'mention' | 'reply' | 'edit' | 'react' | 'pin' | 'revoke' | 'add' | 'remove' | 'leave';
  /** Index of the user who acts or is acted upon, among {@link LOG_USERS}. */
  readonly who: number;
}

/** Of several code units, and alike in the first. */
const REACTIONS = ['👍', '👍🏽'] as const;

export const LOG_USERS = ['alice', 'bob', 'carol', 'dave'] as const;

/** A fast-check arbitrary of up to `maxLength` (40 unless set) steps of a group's life. */
export function logSteps(maxLength = 40): fc.Arbitrary<LogStep[]> {
  const step = fc.record({
    type: fc.constantFrom(
      'message',
      'message',
      'message',
      'mention',
      'mention',
      'reply',
      'reply',
      'edit',
      'edit',
      'react',
      'react',
      'react',
      'revoke',
      'pin',
      'add',
      'remove',
      'leave',
    ),
    who: fc.nat(LOG_USERS.length - 1),
  });
  return fc.array(step, { minLength: 1, maxLength }) as fc.Arbitrary<LogStep[]>;
}

/** Lives the steps through: a group that alice creates with bob, and never leaves. */
export function buildLog(ids: SeededIds, steps: readonly LogStep[]): ConversationBuilder {
  const chat = conversationBuilder({ ids });
  const alice = chat.created.actorId;
  for (const { type, who } of steps) {
    const userId = ids.userId(LOG_USERS[who] as string);
    const isMember = chat.state.members.has(userId);
    if (type === 'message' && isMember) chat.message({ from: userId });
    if (type === 'mention' && isMember) chat.message({ from: userId, mentions: mentionsIn(chat) });
    if (type === 'reply' && isMember) {
      const joinedSeq = chat.state.members.get(userId) as number;
      const seen = chat.events.filter((event) => event.type === 'message.sent' && event.conversationSeq >= joinedSeq);
      // Old ones and new ones, and answers themselves.
      const message = seen[chat.events.length % Math.max(seen.length, 1)];
      if (message?.type === 'message.sent') chat.message({ from: userId, replyTo: message });
    }
    if (type === 'edit' && isMember) {
      const own = chat.events.filter((event) => event.type === 'message.sent' && event.actorId === userId);
      // Old ones and new ones, several times over.
      const message = own[chat.events.length % Math.max(own.length, 1)];
      const mentions = mentionsIn(chat);
      // Some take back whom they mentioned, and some mention others.
      if (message?.type === 'message.sent') chat.edit(message, chat.events.length % 2 === 0 ? { mentions } : {});
    }
    if (type === 'react' && isMember) {
      const messages = chat.events.filter((event) => event.type === 'message.sent');
      const message = messages[Math.max(0, messages.length - 1 - (chat.events.length % 3))];
      if (message) {
        const key = REACTIONS[chat.events.length % REACTIONS.length] as string;
        const users = reactorsIn(chat.events, message.conversationSeq).get(key)?.users ?? [];
        chat.react(message, key, { from: userId, on: !users.includes(userId) });
      }
    }
    if (type === 'revoke' && isMember) {
      const messages = chat.events.filter((event) => event.type === 'message.sent');
      const allowed = messages.filter(({ actorId }) => actorId === userId || userId === alice);
      const from = chat.events.length % Math.max(allowed.length, 1);
      const some = allowed.slice(from, from + 2);
      if (some.length > 0) chat.revoke(some, { from: userId });
    }
    if (type === 'pin' && isMember) {
      const messages = chat.events.filter((event) => event.type === 'message.sent');
      const message = messages[chat.events.length % Math.max(messages.length, 1)];
      const isPinned = pinsIn(chat.events).some(({ seq }) => seq === message?.conversationSeq);
      if (message?.type === 'message.sent') chat.pin(message, !isPinned, userId);
    }
    if (type === 'add' && !isMember) chat.add([userId]);
    if (type === 'remove' && isMember && userId !== alice) chat.remove([userId]);
    if (type === 'leave' && isMember && userId !== alice) chat.remove([userId], userId);
  }
  return chat;
}

/** Now one member, now two, now all. */
function mentionsIn({ events, state }: ConversationBuilder): Mentions {
  const members = [...state.members.keys()];
  const turn = events.length % (members.length + 2);
  if (turn === members.length) return { users: [], here: true };
  return { users: members.slice(turn, turn + 2), ...(turn > members.length && { users: members, all: true }) };
}

/** The users of {@link buildLog}, members or not. */
export function logUsers(ids: SeededIds): UserId[] {
  return LOG_USERS.map((name) => ids.userId(name));
}

/** Cuts events into batches of 1 … `size`, the sizes drawn in turn from `sizes`. */
export function inBatches(events: readonly Event[], sizes: readonly number[]): Event[][] {
  const batches: Event[][] = [];
  for (let from = 0, turn = 0; from < events.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1);
    batches.push(events.slice(from, from + size));
    from += size;
  }
  return batches;
}
