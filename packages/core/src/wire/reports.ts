import { z } from 'zod';
import { conversationId, conversationSeq } from './shapes.ts';

export const reportInput = z.strictObject({
  conversationId,
  seq: conversationSeq,
  reason: z.string().regex(/^[a-z0-9][a-z0-9_.-]{0,63}$/, 'must be 1 to 64 of a-z, 0-9, "_", "." and "-"'),
  /** Looked at before it is trimmed, like a title. */
  text: z.string().max(10_000, { abort: true }).trim().min(1).max(2_000).optional(),
});
