import { z } from 'zod';
import type { MarkRead, ReadMarked } from '../features/read-marks.ts';
import { conversationSettings } from './settings.ts';
import { commandHead, conversationId, conversationSeq, eventHead, type SchemaOf } from './shapes.ts';

export const markReadInput = z.strictObject({ conversationId, readSeq: conversationSeq });

export const readMarked = z.object({
  type: z.literal('read.marked'),
  ...eventHead.shape,
  of: conversationId,
  readSeq: conversationSeq,
  settings: conversationSettings.optional(),
}) satisfies SchemaOf<ReadMarked>;

export const markRead = z.object({
  type: z.literal('read.mark'),
  ...commandHead.shape,
  of: conversationId,
  readSeq: conversationSeq,
  unmarks: z.literal(true).optional(),
}) satisfies SchemaOf<MarkRead>;
