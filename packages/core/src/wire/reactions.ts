import { z } from 'zod';
import { isReactionKey, REACTION_KEY_RULE, type ReactionChanged, type SetReaction } from '../features/reactions.ts';
import {
  commandHead,
  commandId,
  conversationId,
  conversationSeq,
  eventHead,
  messagePageInput,
  position,
  type SchemaOf,
  target,
  userId,
} from './shapes.ts';

export const reactionKey = z
  .custom<string>(isReactionKey, { error: REACTION_KEY_RULE })
  .meta({ description: 'reaction key' });

export const reactInput = z.strictObject({
  conversationId,
  target,
  key: reactionKey,
  on: z.boolean().optional(),
  commandId: commandId.optional(),
});
export const reactionsInput = z.strictObject({ ...messagePageInput, key: reactionKey });

export const reactionChanged = z.object({
  type: z.literal('reaction.changed'),
  ...eventHead.shape,
  targetSeq: conversationSeq,
  targetAuthor: userId,
  key: reactionKey,
  on: z.boolean(),
  count: position,
  newest: z.array(userId),
  since: conversationSeq,
}) satisfies SchemaOf<ReactionChanged>;

export const setReaction = z.object({
  type: z.literal('reaction.set'),
  ...commandHead.shape,
  target,
  key: reactionKey,
  on: z.boolean(),
}) satisfies SchemaOf<SetReaction>;
