import { z } from 'zod';
import type { AddMembers, MembersAdded, MembersRemoved, RemoveMembers } from '../features/members.ts';
import {
  commandHead,
  commandId,
  conversationId,
  eventHead,
  givenMembers,
  members,
  pageInput,
  type SchemaOf,
} from './shapes.ts';

export const memberListInput = z.strictObject({ conversationId, ...pageInput });
export const membersInput = (inboxMembers: number) =>
  z.strictObject({
    conversationId,
    memberIds: givenMembers(1, inboxMembers),
    commandId: commandId.optional(),
  });
export const leaveInput = z.strictObject({ conversationId, commandId: commandId.optional() });

export const membersAdded = z.object({
  type: z.literal('members.added'),
  ...eventHead.shape,
  memberIds: members,
}) satisfies SchemaOf<MembersAdded>;

export const membersRemoved = z.object({
  type: z.literal('members.removed'),
  ...eventHead.shape,
  memberIds: members,
}) satisfies SchemaOf<MembersRemoved>;

export const addMembers = z.object({
  type: z.literal('members.add'),
  ...commandHead.shape,
  memberIds: members,
}) satisfies SchemaOf<AddMembers>;

export const removeMembers = z.object({
  type: z.literal('members.remove'),
  ...commandHead.shape,
  memberIds: members,
}) satisfies SchemaOf<RemoveMembers>;
