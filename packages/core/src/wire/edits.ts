import { z } from 'zod';
import type { EditErased, EditMessage, MessageEdited } from '../features/edits.ts';
import { givenMentions, mentions } from './messages.ts';
import {
  commandHead,
  commandId,
  content,
  contentType,
  conversationId,
  conversationSeq,
  eventHead,
  messagePageInput,
  position,
  type SchemaOf,
  target,
} from './shapes.ts';

const version = position.min(1);

/** @param most users whom a message may mention */
export const editInput = (most: number) =>
  z.strictObject({
    conversationId,
    target,
    type: contentType,
    /** Checked against the kind's own schema by the router. */
    content: z.unknown(),
    mentions: givenMentions(most),
    expectedVersion: version.optional(),
    commandId: commandId.optional(),
  });
export const versionsInput = z.strictObject(messagePageInput);

export const messageEdited = z.object({
  type: z.literal('message.edited'),
  ...eventHead.shape,
  targetSeq: conversationSeq,
  version,
  message: content,
  mentions: mentions.optional(),
  mentionsBefore: mentions.optional(),
}) satisfies SchemaOf<MessageEdited>;

export const editErased = z.object({
  type: z.literal('edit.erased'),
  ...eventHead.shape,
  targetSeq: conversationSeq,
  version,
}) satisfies SchemaOf<EditErased>;

export const editMessage = z.object({
  type: z.literal('message.edit'),
  ...commandHead.shape,
  target,
  message: content,
  mentions: mentions.optional(),
  expectedVersion: version.optional(),
}) satisfies SchemaOf<EditMessage>;
