import type { ConversationId, UserId } from '@tidemark/core';
import { appliedAt, inboxAt, shownAt } from './excerpt.ts';
import type { HistoryRecord } from './history.ts';
import type { Standing } from './observed-conversation.ts';
import { oncePer } from './once-per.ts';

interface Place {
  readonly conversationId: ConversationId;
  readonly conversationSeq: number;
}

/** An event that reached a user who does not belong to its conversation at its place. */
export interface Stranger {
  readonly standing: Exclude<Standing, 'inside'>;
  readonly userId: UserId;
  /** `alice/2`, or `the inbox of alice`. */
  readonly where: string;
  readonly ref: Place;
  readonly records: () => HistoryRecord[];
}

/** All of them, on devices and in inboxes. Conversations whose members nothing tells are left out. */
export const strangers = oncePer((observed): Stranger[] => {
  const found: Stranger[] = [];
  const meet = (userId: UserId, ref: Place, where: string, records: () => HistoryRecord[]): void => {
    const conversation = observed.conversations.get(ref.conversationId);
    const standing = conversation?.stays ? conversation.standing(userId, ref.conversationSeq) : 'inside';
    if (standing !== 'inside') found.push({ standing, userId, where, ref, records });
  };
  for (const { userId, key, steps, dump } of observed.devices.values()) {
    for (const step of steps) {
      if (step.type !== 'apply') continue;
      for (const { seq, event } of step.entries) if (event) meet(userId, event, key, () => [appliedAt(step, seq)]);
    }
    if (!dump) continue;
    for (const { conversationId, events } of dump.conversations) {
      for (const event of events) {
        meet(userId, event, key, () => [shownAt(dump, conversationId, event.conversationSeq)]);
      }
    }
  }
  for (const { userId, dump } of observed.inboxes.values()) {
    for (const { seq, conversationId, conversationSeq } of dump.entries) {
      if (conversationId === null || conversationSeq === null) continue;
      meet(userId, { conversationId, conversationSeq }, `the inbox of ${userId}`, () => [inboxAt(dump, seq)]);
    }
  }
  return found;
});
