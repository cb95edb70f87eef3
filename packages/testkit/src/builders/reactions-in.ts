import {
  type ConversationSeq,
  type Event,
  NEWEST_REACTORS,
  type ReactionChanged,
  type ReactionCount,
  type UserId,
} from '@tidemark/core';

/** Who has reacted to a message with one key, the last to do so first, and with which event the first of them did. */
export interface Reactors {
  readonly users: readonly UserId[];
  readonly since: ConversationSeq;
}

/** Who has reacted to the message at `targetSeq` once these events have happened, by key. */
export function reactorsIn(events: readonly Event[], targetSeq: number): Map<string, Reactors> {
  const reactions = new Map<string, Reactors>();
  for (const event of events) {
    if (event.type === 'reaction.changed' && event.targetSeq === targetSeq) switchReaction(reactions, event);
  }
  return reactions;
}

/** Whatever the event says of counts. @param reactions to its message */
export function switchReaction(
  reactions: Map<string, Reactors>,
  { key, actorId, on, conversationSeq }: ReactionChanged,
): void {
  const { users, since } = reactions.get(key) ?? { users: [], since: conversationSeq };
  const others = users.filter((userId) => userId !== actorId);
  if (on) reactions.set(key, { users: [actorId, ...others], since });
  else if (others.length > 0) reactions.set(key, { users: others, since });
  else reactions.delete(key);
}

/** The counts that follow from it, which the events say too. */
export function reactionCountsIn(events: readonly Event[], targetSeq: number): Map<string, ReactionCount> {
  return new Map([...reactorsIn(events, targetSeq)].map(([key, reactors]) => [key, countOf(reactors)]));
}

export function countOf({ users, since }: Reactors): ReactionCount {
  return { count: users.length, newest: users.slice(0, NEWEST_REACTORS), since };
}
