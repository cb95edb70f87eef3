import { NEWEST_REACTORS, type ReactionChanged, type SetReaction, TidemarkError } from '@tidemark/core';
import type { CommandDefinition } from './command-definition.ts';
import { type DecideLimits, done, headOf, requireMember, unchanged } from './deciding.ts';
import { requireMessage } from './targets.ts';

export const setReaction: CommandDefinition<SetReaction> = {
  subjects: ({ target, key, on }) => ({
    targets: [target],
    // One of the newest is followed by somebody whom the count does not name.
    leaves: on ? undefined : { name: 'reaction', key, left: NEWEST_REACTORS },
  }),
  decide: (state, command, context) => {
    const { actorId, key, on } = command;
    const current = requireMember(state, command);
    const message = requireMessage(current, command, context);
    const { subjects } = context;
    const own = subjects.registers(message, 'reaction', actorId);
    if (own.has(key) === on) return unchanged(current);
    const counts = subjects.registers(message, 'reactions');
    const before = counts.get(key)?.value;
    if (on) requireRoom(own.size, before ? 0 : counts.size, context.limits);
    const head = headOf(current, command, context);
    const known = subjects.owners(message, 'reaction', key) ?? before?.newest ?? [];
    const others = known.filter((userId) => userId !== actorId);
    const event: ReactionChanged = {
      type: 'reaction.changed',
      ...head,
      targetSeq: message.conversationSeq,
      targetAuthor: message.actorId,
      key,
      on,
      count: (before?.count ?? 0) + (on ? 1 : -1),
      newest: (on ? [actorId, ...others] : others).slice(0, NEWEST_REACTORS),
      since: before?.since ?? head.conversationSeq,
    };
    return done(current, [event]);
  },
  ledTo: ({ conversationId, target, key, on }, event) =>
    event.type === 'reaction.changed' &&
    event.conversationId === conversationId &&
    event.key === key &&
    event.on === on &&
    (!('seq' in target) || event.targetSeq === target.seq),
  intention: ({ conversationId, target, key, on }) => [conversationId, target, key, on],
};

/** @param own keys of the actor's on the message @param keys of the message, unless this is one of them */
function requireRoom(own: number, keys: number, { reactionsPerUser, reactionKeys }: DecideLimits): void {
  if (own >= reactionsPerUser) throw full(`you have reacted ${own} times`, reactionsPerUser, 'reactionsPerUser');
  if (keys >= reactionKeys) throw full(`the message has ${keys} reactions`, reactionKeys, 'reactionKeys');
}

function full(what: string, most: number, limit: 'reactionsPerUser' | 'reactionKeys'): TidemarkError {
  return new TidemarkError('forbidden', `${what}, at most ${most} (limits.${limit})`, {
    field: 'key',
    limit: `limits.${limit}`,
  });
}
