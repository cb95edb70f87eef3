import { z } from 'zod';
import type { MessageErased, MessageSent, SendMessage } from '../features/messages.ts';
import type { Mentions, Message, Receipt } from '../message.ts';
import {
  at,
  commandHead,
  commandId,
  content,
  contentType,
  conversationId,
  conversationSeq,
  eventHead,
  members,
  mentioned,
  messageId,
  messageRef,
  position,
  type SchemaOf,
  target,
  userId,
} from './shapes.ts';

const retry = position.max(1_000_000);

const mark = z.boolean().optional();
export const mentions = z.object({ users: members, all: mark, here: mark }) satisfies SchemaOf<Mentions>;
/** As a caller names them. @param max how many users */
export const givenMentions = (max: number) =>
  z.strictObject({ users: mentioned(max).default([]), all: mark, here: mark }).optional();

/** @param most users whom a message may mention */
export const sendInput = (most: number) =>
  z.strictObject({
    conversationId,
    clientMessageId: commandId,
    type: contentType,
    /** Checked against the kind's own schema by the router. */
    content: z.unknown(),
    replyTo: target.optional(),
    mentions: givenMentions(most),
    /** Raised by one when a person sends a refused message again under its id. */
    retry: retry.optional(),
  });

export const messageSent = z.object({
  type: z.literal('message.sent'),
  ...eventHead.shape,
  messageId,
  message: content,
  replyTo: messageRef.optional(),
  mentions: mentions.optional(),
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
  mentions: mentions.optional(),
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
  mentions: mentions.optional(),
}) satisfies SchemaOf<Message>;
