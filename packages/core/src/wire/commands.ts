import type { z } from 'zod';
import type { CommandOf, CommandType } from '../features/commands.ts';
import { createConversation } from './conversations.ts';
import { editMessage } from './edits.ts';
import { addMembers, removeMembers } from './members.ts';
import { sendMessage } from './messages.ts';
import { setPin } from './pins.ts';
import { setReaction } from './reactions.ts';
import { markRead } from './read-marks.ts';
import { revokeMessages } from './revokes.ts';
import { setSettings } from './settings.ts';
import { oneOf, type SchemaOf } from './shapes.ts';

/** Every type of command. A type without a row does not compile. */
export const command = oneOf({
  'message.send': sendMessage,
  'message.edit': editMessage,
  'reaction.set': setReaction,
  'pin.set': setPin,
  'message.revoke': revokeMessages,
  'conversation.create': createConversation,
  'members.add': addMembers,
  'members.remove': removeMembers,
  'read.mark': markRead,
  'settings.set': setSettings,
} satisfies { readonly [T in CommandType]: z.ZodObject & SchemaOf<CommandOf<T>> });
