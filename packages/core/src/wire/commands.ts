import { z } from 'zod';
import type { Command } from '../features/commands.ts';
import { createConversation } from './conversations.ts';
import { addMembers, removeMembers } from './members.ts';
import { sendMessage } from './messages.ts';
import { markRead } from './read-marks.ts';
import type { SchemaOf } from './shapes.ts';

export const command = z.discriminatedUnion('type', [
  sendMessage,
  createConversation,
  addMembers,
  removeMembers,
  markRead,
]) satisfies SchemaOf<Command>;
