import { z } from 'zod';
import type { FeedItem, InboxEntry } from '../inbox.ts';
import { event } from './events.ts';
import { cursor, position, type SchemaOf, seq, userId } from './shapes.ts';

const wire = position.min(1).optional();
export const sinceInput = z.strictObject({ cursor: cursor.nullish(), limit: position.min(1).optional(), wire });
/** `lastEventId` is filled in by tRPC when it resumes a tracked subscription. */
export const feedInput = z.strictObject({ cursor: cursor.nullish(), lastEventId: cursor.nullish(), wire }).optional();

export const inboxEntry = z.object({ seq, event: event.nullable() }) satisfies SchemaOf<InboxEntry>;

const bytes = position.min(1);
/** In the first item of a feed. */
const feed = z.object({ userId, wire, limits: z.object({ contentBytes: bytes, frameBytes: bytes }) }).optional();

export const feedItem = z.discriminatedUnion('type', [
  z.object({ type: z.literal('entries'), entries: z.array(inboxEntry), head: seq.optional(), feed }),
  z.object({ type: z.literal('reset'), reason: z.enum(['new', 'epoch', 'floor', 'ahead']), cursor, feed }),
  z.object({ type: z.literal('live'), cursor, feed }),
]) satisfies SchemaOf<FeedItem>;
