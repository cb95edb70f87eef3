import { z } from 'zod';
import type { Event } from '../features/events.ts';
import { conversationCreated } from './conversations.ts';
import { membersAdded, membersRemoved } from './members.ts';
import { messageSent } from './messages.ts';
import { readMarked } from './read-marks.ts';
import type { SchemaOf } from './shapes.ts';

export const event = z.discriminatedUnion('type', [
  messageSent,
  conversationCreated,
  membersAdded,
  membersRemoved,
  readMarked,
]) satisfies SchemaOf<Event>;
