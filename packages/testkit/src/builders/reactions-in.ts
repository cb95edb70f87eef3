import { type ConversationSeq, type Event, NEWEST_REACTORS, type ReactionCount, type UserId } from '@tidemark/core';

/** Who has reacted to the message at `targetSeq` once these events have happened, by key; the last to do so first. */
export function reactorsIn(
  events: readonly Event[],
  targetSeq: number,
): Map<string, { readonly users: readonly UserId[]; readonly since: ConversationSeq }> {
  const reactions = new Map<string, { users: UserId[]; since: ConversationSeq }>();
  for (const event of events) {
    if (event.type !== 'reaction.changed' || event.targetSeq !== targetSeq) continue;
    const { key, actorId, on, conversationSeq } = event;
    const { users, since } = reactions.get(key) ?? { users: [], since: conversationSeq };
    const others = users.filter((userId) => userId !== actorId);
    if (on) reactions.set(key, { users: [actorId, ...others], since });
    else if (others.length > 0) reactions.set(key, { users: others, since });
    else reactions.delete(key);
  }
  return reactions;
}

/** The counts that follow from it, which the events say too. */
export function reactionCountsIn(events: readonly Event[], targetSeq: number): Map<string, ReactionCount> {
  return new Map(
    [...reactorsIn(events, targetSeq)].map(([key, { users, since }]) => [
      key,
      { count: users.length, newest: users.slice(0, NEWEST_REACTORS), since },
    ]),
  );
}
