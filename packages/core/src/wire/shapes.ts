import { z } from 'zod';
import { CONTENT_TYPE, type Content, type ContentMap } from '../content.ts';
import type { ConversationKind } from '../conversation.ts';
import type { ErrorCode, TidemarkError } from '../errors.ts';
import type { CommandHead, EventHead } from '../features/heads.ts';
import {
  type CommandId,
  type ConversationId,
  type ConversationSeq,
  type Cursor,
  isUserId,
  type MessageId,
  parseCommandId,
  parseConversationId,
  parseCursor,
  parseUserId,
  type Seq,
  USER_ID_RULE,
  type UserId,
} from '../ids.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import type { MessageRef, MessageTarget } from '../message.ts';

/** The schema of a type of ours: leave a field of it out, and it does not compile. */
export type SchemaOf<T> = z.ZodType<T, unknown>;

/** A union discriminated by `type`, from a table with a schema for each type. */
export function oneOf<S extends z.ZodObject>(schemas: Readonly<Record<string, S>>) {
  return z.discriminatedUnion('type', Object.values(schemas) as [S, ...S[]]);
}

/** A string checked by one of the id parsers, whose sentence becomes the issue's message. */
function checked<T extends string>(parse: (value: unknown) => unknown, description: string): z.ZodType<T, string> {
  return z
    .string()
    .superRefine((value, context) => {
      try {
        parse(value);
      } catch (error) {
        const { code, detail } = error as TidemarkError;
        context.addIssue({ code: 'custom', message: detail, params: { code } });
      }
    })
    .meta({ description }) as unknown as z.ZodType<T, string>;
}

export const userId = checked<UserId>(parseUserId, 'user id');
export const commandId = checked<CommandId>(parseCommandId, 'command id');
export const conversationId = checked<ConversationId>(parseConversationId, 'conversation id');
export const cursor = checked<Cursor>(parseCursor, 'cursor');

/**
 * A list of user ids. Its length is looked at before any id, and nothing after the first id that breaks the rule: zod's own
 * array would make an issue, and an id parser an error with its stack, for each of 100,000.
 */
function userIds(bounds: {
  min?: number;
  max: number;
  limit?: string;
  code?: ErrorCode;
}): z.ZodType<UserId[], string[]> {
  const { min = 0, max, limit, code } = bounds;
  return z
    .unknown()
    .superRefine((value, context) => {
      const refuse = (message: string, more: object = {}) => context.addIssue({ code: 'custom', message, ...more });
      if (!Array.isArray(value)) return refuse('must be an array of user ids');
      if (value.length < min) return refuse(`must hold at least ${min}`);
      if (value.length > max) {
        if (limit === undefined) return refuse(`must hold at most ${max}`);
        return refuse(`${value.length}, at most ${max} (${limit})`, { params: { code, limit } });
      }
      const wrong = value.findIndex((each) => !isUserId(each));
      if (wrong >= 0) refuse(USER_ID_RULE, { path: [wrong] });
    })
    .meta({ description: 'user ids' }) as unknown as z.ZodType<UserId[], string[]>;
}

const MEMBERS = 100_000;
/** Of an event or a command that was accepted before. */
export const members = userIds({ max: MEMBERS });
/** As a caller names them. */
export const givenMembers = (min: number, max: number) =>
  userIds({ min, max, limit: 'limits.inboxMembers', code: 'too_many_members' });
/** Those of a message, as a caller names them. */
export const mentioned = (max: number) => userIds({ max, limit: 'limits.mentions' });

export const position = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
export const conversationSeq = position.min(1) as unknown as z.ZodType<ConversationSeq, number>;
export const seq = position.min(1) as unknown as z.ZodType<Seq, number>;
export const messageId = z.string().length(26) as unknown as z.ZodType<MessageId, string>;
export const at = z.number().int().min(0);
/** Looked at before it is trimmed: `max` alone would count what is left. */
export const title = z.string().max(1_000, { abort: true }).trim().min(1).max(200).nullable();
export const contentType = z.string().regex(CONTENT_TYPE, 'must be 1 to 64 letters, digits, "_", "-" or "."');
/** Checked without recursion, and passed on as it is: no depth overflows the stack, no key is lost, nothing is copied. */
const jsonObject = z
  .custom<JsonObject>(isJsonObject, { error: 'must be a JSON object, at most 128 levels deep' })
  .meta({ description: 'JSON object' });
export const content = z.object({ type: contentType, content: jsonObject }) satisfies SchemaOf<Content<ContentMap>>;
export const conversationKind = z.enum(['direct', 'group', 'self']) satisfies SchemaOf<ConversationKind>;

export const eventHead = z.object({
  conversationId,
  conversationSeq,
  actorId: userId,
  commandId: commandId.nullable(),
  at,
}) satisfies SchemaOf<EventHead>;
export const commandHead = z.object({
  conversationId,
  actorId: userId,
  commandId,
  privileged: z.literal(true).optional(),
}) satisfies SchemaOf<CommandHead>;

export const messageRef = z.strictObject({ seq: conversationSeq }) satisfies SchemaOf<MessageRef>;
/** Which message a command means. */
export const target = z.union([
  messageRef,
  z.strictObject({ senderId: userId, clientMessageId: commandId }),
]) satisfies SchemaOf<MessageTarget>;

/** What a page of something about a message is asked for with. */
export const messagePageInput = {
  conversationId,
  seq: conversationSeq,
  before: position.min(1).optional(),
  limit: position.min(1).optional(),
};

/** What pages are asked for with. */
export const pageInput = { limit: position.min(1).optional(), page: z.string().max(512).nullish() };
