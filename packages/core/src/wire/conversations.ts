import { z } from 'zod';
import type { ConversationSummary } from '../conversation.ts';
import type { ConversationCreated, CreateConversation } from '../features/conversations.ts';
import { message } from './messages.ts';
import { conversationSettings } from './settings.ts';
import {
  at,
  commandHead,
  commandId,
  conversationId,
  conversationKind,
  conversationSeq,
  eventHead,
  givenMembers,
  members,
  pageInput,
  position,
  type SchemaOf,
  title,
  userId,
} from './shapes.ts';

export const conversationInput = z.strictObject({ conversationId });
export const openDirectInput = z.strictObject({ userId });
/** @param inboxMembers how many ids are looked at; of more, none is */
export const createGroupInput = (inboxMembers: number) =>
  z.strictObject({
    title: title.optional(),
    memberIds: givenMembers(0, inboxMembers),
    commandId: commandId.optional(),
  });
export const listInput = z.strictObject(pageInput).optional();
export const historyInput = z
  .strictObject({
    conversationId,
    after: position.optional(),
    before: position.min(1).optional(),
    limit: position.min(1).optional(),
  })
  .refine((input) => input.after === undefined || input.before === undefined, {
    message: 'give either after or before',
    path: ['before'],
  });

export const conversationCreated = z.object({
  type: z.literal('conversation.created'),
  ...eventHead.shape,
  kind: conversationKind,
  title,
  memberIds: members,
}) satisfies SchemaOf<ConversationCreated>;

export const createConversation = z.object({
  type: z.literal('conversation.create'),
  ...commandHead.shape,
  kind: conversationKind,
  title,
  memberIds: members,
}) satisfies SchemaOf<CreateConversation>;

export const conversationSummary = z.object({
  conversationId,
  kind: conversationKind,
  title,
  createdBy: userId,
  createdAt: at,
  head: conversationSeq,
  joinedSeq: conversationSeq,
  readSeq: position,
  unread: position,
  unreadMentions: position,
  lastMessage: message.nullable(),
  activeAt: at,
  settings: conversationSettings,
  ownSeq: position,
}) satisfies SchemaOf<ConversationSummary>;
