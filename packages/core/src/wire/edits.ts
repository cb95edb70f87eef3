import { z } from 'zod';
import type { EditErased, EditMessage, MessageEdited } from '../features/edits.ts';
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

export const editInput = z.strictObject({
  conversationId,
  target,
  type: contentType,
  /** Checked against the kind's own schema by the router. */
  content: z.unknown(),
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
  expectedVersion: version.optional(),
}) satisfies SchemaOf<EditMessage>;
