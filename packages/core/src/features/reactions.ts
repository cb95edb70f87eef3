import { TidemarkError } from '../errors.ts';
import type { ConversationSeq, UserId } from '../ids.ts';
import type { MessageTarget, ReactionCount } from '../message.ts';
import type { EventDefinition } from './event-definition.ts';
import type { CommandHead, EventHead } from './heads.ts';

export type SetReaction = CommandHead & {
  readonly type: 'reaction.set';
  readonly target: MessageTarget;
  /** The reaction, such as an emoji; see {@link parseReactionKey}. */
  readonly key: string;
  /** What the actor wants to be so, whatever it is now: a switch of one user and one key. */
  readonly on: boolean;
};

/** The actor switched a reaction to a message on or off; the count is that after it. */
export type ReactionChanged = EventHead &
  ReactionCount & {
    readonly type: 'reaction.changed';
    /** conversationSeq of the message. */
    readonly targetSeq: ConversationSeq;
    /** Who sent the message. */
    readonly targetAuthor: UserId;
    readonly key: string;
    readonly on: boolean;
  };

export const reactionChanged: EventDefinition<ReactionChanged> = {
  sets: ({ targetSeq: target, actorId: owner, key, on, count, newest, since }) => [
    { target, name: 'reaction', key, owner, value: on || null },
    { target, name: 'reactions', key, value: count ? { count, newest, since } : null },
  ],
  kept: true,
};

export const REACTION_KEY_RULE = 'must be 1 to 64 bytes of UTF-8 without blanks and control characters';

/** For lists: without an error per key. */
export function isReactionKey(value: unknown): value is string {
  // The expression stands here, since bundlers keep one that stands by itself.
  if (typeof value !== 'string' || !/^[^\s\p{Cc}\p{Cs}]{1,64}$/u.test(value)) return false;
  return new TextEncoder().encode(value).length <= 64;
}

/** Keys are compared code unit by code unit: nothing is normalised. */
export function parseReactionKey(value: unknown, field = 'key'): string {
  if (isReactionKey(value)) return value;
  throw new TidemarkError('invalid_input', REACTION_KEY_RULE, { field });
}
