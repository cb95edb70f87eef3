import type { EventRef, UserId } from '@tidemark/core';
import { inboxAt } from './excerpt.ts';
import type { HistoryRecord } from './history.ts';
import type { Observed } from './observed.ts';
import type { Standing } from './observed-conversation.ts';
import { eachSighting, evidence } from './sightings.ts';

/** An event that reached a user who does not belong to its conversation at its place. */
export interface Stranger {
  readonly standing: Exclude<Standing, 'inside'>;
  readonly userId: UserId;
  /** `alice/2`, or `the inbox of alice`. */
  readonly where: string;
  readonly ref: EventRef;
  readonly records: () => HistoryRecord[];
}

/** Calls for each, on devices and in inboxes. Conversations whose members nothing tells are left out. */
export function eachStranger(observed: Observed, meet: (stranger: Stranger) => void): void {
  const standingOf = (userId: UserId, { conversationId, conversationSeq }: EventRef): Standing => {
    const conversation = observed.conversations.get(conversationId);
    return conversation?.stays ? conversation.standing(userId, conversationSeq) : 'inside';
  };
  eachSighting(observed, (sighting) => {
    const { device, event } = sighting;
    if (!device) return;
    const standing = standingOf(device.userId, event);
    if (standing === 'inside') return;
    meet({ standing, userId: device.userId, where: device.key, ref: event, records: () => [evidence(sighting)] });
  });
  for (const { userId, dump } of observed.inboxes.values()) {
    for (const { seq, conversationId, conversationSeq } of dump.entries) {
      if (conversationId === null || conversationSeq === null) continue;
      const ref = { conversationId, conversationSeq: conversationSeq as EventRef['conversationSeq'] };
      const standing = standingOf(userId, ref);
      if (standing === 'inside') continue;
      meet({ standing, userId, where: `the inbox of ${userId}`, ref, records: () => [inboxAt(dump, seq)] });
    }
  }
}
