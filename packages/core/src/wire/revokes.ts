import { z } from 'zod';
import { type MessageRevoked, REVOKED_AT_ONCE, type RevokeMessages } from '../features/revokes.ts';
import { pin } from './pins.ts';
import {
  commandHead,
  commandId,
  conversationId,
  conversationSeq,
  eventHead,
  type SchemaOf,
  target,
  userId,
} from './shapes.ts';

const targets = z.array(target).min(1).max(REVOKED_AT_ONCE);
const reason = z.string().min(1).max(200).optional();

export const revokeInput = z.strictObject({ conversationId, targets, reason, commandId: commandId.optional() });

export const messageRevoked = z.object({
  type: z.literal('message.revoked'),
  ...eventHead.shape,
  targets: z.array(z.object({ seq: conversationSeq, senderId: userId, clientMessageId: commandId })),
  reason,
  pins: z.array(pin).optional(),
}) satisfies SchemaOf<MessageRevoked>;

export const revokeMessages = z.object({
  type: z.literal('message.revoke'),
  ...commandHead.shape,
  targets,
  reason,
}) satisfies SchemaOf<RevokeMessages>;
