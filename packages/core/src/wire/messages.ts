import { z } from 'zod';
import type { MessageErased, MessageSent, SendMessage } from '../features/messages.ts';
import type { Message, Receipt } from '../message.ts';
import {
  at,
  commandHead,
  commandId,
  content,
  contentType,
  conversationId,
  conversationSeq,
  eventHead,
  messageId,
  messageRef,
  position,
  type SchemaOf,
  target,
  userId,
} from './shapes.ts';

const retry = position.max(1_000_000);

export const sendInput = z.strictObject({
  conversationId,
  clientMessageId: commandId,
  type: contentType,
  /** Checked against the kind's own schema by the router. */
  content: z.unknown(),
  replyTo: target.optional(),
  /** Raised by one when a person sends a refused message again under its id. */
  retry: retry.optional(),
});

export const messageSent = z.object({
  type: z.literal('message.sent'),
  ...eventHead.shape,
  messageId,
  message: content,
  replyTo: messageRef.optional(),
}) satisfies SchemaOf<MessageSent>;

export const messageErased = z.object({
  type: z.literal('message.erased'),
  ...eventHead.shape,
  messageId,
}) satisfies SchemaOf<MessageErased>;

export const sendMessage = z.object({
  type: z.literal('message.send'),
  ...commandHead.shape,
  message: content,
  replyTo: target.optional(),
  retry: retry.optional(),
}) satisfies SchemaOf<SendMessage>;

const messageHead = { messageId, clientMessageId: commandId, conversationId, conversationSeq, senderId: userId, at };
export const receipt = z.object(messageHead) satisfies SchemaOf<Receipt>;
const edited = z.object({ version: position.min(2), at }).optional();
const revoked = z.object({ by: userId, at, reason: z.string().optional() }).optional();
export const message = z.object({
  ...messageHead,
  ...content.shape,
  edited,
  revoked,
  replyTo: messageRef.optional(),
}) satisfies SchemaOf<Message>;
