import type { z } from 'zod';
import type { EventOf, EventType } from '../features/events.ts';
import { conversationCreated } from './conversations.ts';
import { editErased, messageEdited } from './edits.ts';
import { membersAdded, membersRemoved } from './members.ts';
import { messageErased, messageSent } from './messages.ts';
import { pinChanged } from './pins.ts';
import { reactionChanged } from './reactions.ts';
import { readMarked } from './read-marks.ts';
import { messageRevoked } from './revokes.ts';
import { settingsChanged } from './settings.ts';
import { oneOf, type SchemaOf } from './shapes.ts';

/** Every type of event. A type without a row does not compile. */
export const event = oneOf({
  'message.sent': messageSent,
  'message.edited': messageEdited,
  'reaction.changed': reactionChanged,
  'pin.changed': pinChanged,
  'message.revoked': messageRevoked,
  'message.erased': messageErased,
  'edit.erased': editErased,
  'conversation.created': conversationCreated,
  'members.added': membersAdded,
  'members.removed': membersRemoved,
  'read.marked': readMarked,
  'settings.changed': settingsChanged,
} satisfies { readonly [T in EventType]: z.ZodObject & SchemaOf<EventOf<T>> });
