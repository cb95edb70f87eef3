import { type ConversationId, type Event, type Membership, participants, project, type UserId } from '@tidemark/core';
import type { RecordOf } from './history.ts';

/** A conversation as the history store had it at the end, and who belonged to it when. */
export interface ObservedConversation {
  readonly conversationId: ConversationId;
  /** `undefined`: its log was not dumped. */
  readonly log: RecordOf<'log-dump'> | undefined;
  /** By conversationSeq; the first, where the log holds several at one place. */
  readonly events: readonly (Event | undefined)[];
  readonly head: number;
  /** `undefined`: who belongs to it is not known. */
  readonly stays: readonly Membership[] | undefined;
  staysOf(userId: UserId): readonly Membership[];
  /** Who finds the event at this place in their inbox. */
  recipients(conversationSeq: number): readonly UserId[];
  isMemberNow(userId: UserId): boolean;
  standing(userId: UserId, conversationSeq: number): Standing;
}

/**
 * Where a place in a conversation lies for a user: within one of their stays · after a stay, and in no later one · before
 * their first stay, or they never had one.
 */
export type Standing = 'inside' | 'after leaving' | 'outside';

/** @param members of a conversation without a log, where the run tells them otherwise. */
export function observeConversation(
  conversationId: ConversationId,
  log: RecordOf<'log-dump'> | undefined,
  members: readonly UserId[] | undefined = participants(conversationId),
): ObservedConversation {
  const events: (Event | undefined)[] = [];
  for (const event of log?.events ?? []) events[event.conversationSeq] ??= event;
  const stays = log ? project(log.events).joined : members?.map((userId) => lasting(conversationId, userId));
  const byUser = new Map<UserId, Membership[]>();
  for (const stay of stays ?? []) byUser.set(stay.userId, [...(byUser.get(stay.userId) ?? []), stay]);
  const standing = (userId: UserId, seq: number): Standing => {
    let hasLeft = false;
    for (const { joinedSeq, leftSeq } of byUser.get(userId) ?? []) {
      if (seq >= joinedSeq && (leftSeq === null || seq <= leftSeq)) return 'inside';
      if (leftSeq !== null && seq > leftSeq) hasLeft = true;
    }
    return hasLeft ? 'after leaving' : 'outside';
  };
  return {
    conversationId,
    log,
    events,
    head: Math.max(0, events.length - 1),
    stays,
    staysOf: (userId) => byUser.get(userId) ?? [],
    recipients: (seq) => [...byUser.keys()].filter((userId) => standing(userId, seq) === 'inside'),
    isMemberNow: (userId) => (byUser.get(userId) ?? []).some((stay) => stay.leftSeq === null),
    standing,
  };
}

function lasting(conversationId: ConversationId, userId: UserId): Membership {
  return { conversationId, userId, joinedSeq: 1 as Membership['joinedSeq'], leftSeq: null };
}
