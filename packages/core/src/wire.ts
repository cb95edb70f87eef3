/**
 * The wire: every shape that crosses between processes or to clients, as zod schemas. Changing one changes PROTOCOL.md;
 * a test holds the hash of this file's schemas so that it cannot happen by accident.
 */
import { z } from 'zod';
import { CONTENT_TYPE } from './content.ts';
import { type ErrorCode, shortened, TidemarkError } from './errors.ts';
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
} from './ids.ts';
import { isJsonObject, type JsonObject } from './json.ts';

/** Version of the wire. Raised when a client of the version before would misread something. */
export const WIRE_VERSION = 1;

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
function userIds(bounds: { min?: number; max: number; limit?: string }): z.ZodType<UserId[], string[]> {
  const { min = 0, max, limit } = bounds;
  return z
    .unknown()
    .superRefine((value, context) => {
      const refuse = (message: string, more: object = {}) => context.addIssue({ code: 'custom', message, ...more });
      if (!Array.isArray(value)) return refuse('must be an array of user ids');
      if (value.length < min) return refuse(`must hold at least ${min}`);
      if (value.length > max) {
        if (limit === undefined) return refuse(`must hold at most ${max}`);
        return refuse(`${value.length}, at most ${max} (${limit})`, { params: { code: 'too_many_members', limit } });
      }
      const wrong = value.findIndex((each) => !isUserId(each));
      if (wrong >= 0) refuse(USER_ID_RULE, { path: [wrong] });
    })
    .meta({ description: 'user ids' }) as unknown as z.ZodType<UserId[], string[]>;
}

const MEMBERS = 100_000;
const members = userIds({ max: MEMBERS });
const givenMembers = (min: number, max: number) => userIds({ min, max, limit: 'limits.inboxMembers' });

const position = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
export const conversationSeq = position.min(1) as unknown as z.ZodType<ConversationSeq, number>;
const seq = position.min(1) as unknown as z.ZodType<Seq, number>;
const messageId = z.string().length(26) as unknown as z.ZodType<MessageId, string>;
const at = z.number().int().min(0);
/** Looked at before it is trimmed: `max` alone would count what is left. */
const title = z.string().max(1_000, { abort: true }).trim().min(1).max(200).nullable();
const contentType = z.string().regex(CONTENT_TYPE, 'must be 1 to 64 letters, digits, "_", "-" or "."');
/** Checked without recursion, and passed on as it is: no depth overflows the stack, no key is lost, nothing is copied. */
const jsonObject = z
  .custom<JsonObject>(isJsonObject, { error: 'must be a JSON object, at most 128 levels deep' })
  .meta({ description: 'JSON object' });
const retry = position.max(1_000_000);
const conversationKind = z.enum(['direct', 'group', 'self']);

// ── Calls ──────────────────────────────────────────────────────────────────────────────────────────────────────────

export const sendInput = z.strictObject({
  conversationId,
  clientMessageId: commandId,
  type: contentType,
  /** Checked against the kind's own schema by the router. */
  content: z.unknown(),
  /** Raised by one when a person sends a refused message again under its id. */
  retry: retry.optional(),
});

const pageInput = { limit: position.min(1).optional(), page: z.string().max(512).nullish() };
export const noInput = z.undefined();
export const sinceInput = z.strictObject({ cursor: cursor.nullish(), limit: position.min(1).optional() });
/** `lastEventId` is filled in by tRPC when it resumes a tracked subscription. */
export const feedInput = z.strictObject({ cursor: cursor.nullish(), lastEventId: cursor.nullish() }).optional();
export const conversationInput = z.strictObject({ conversationId });
export const memberListInput = z.strictObject({ conversationId, ...pageInput });
export const openDirectInput = z.strictObject({ userId });
/** @param inboxMembers how many ids are looked at; of more, none is */
export const createGroupInput = (inboxMembers: number) =>
  z.strictObject({
    title: title.optional(),
    memberIds: givenMembers(0, inboxMembers),
    commandId: commandId.optional(),
  });
export const membersInput = (inboxMembers: number) =>
  z.strictObject({
    conversationId,
    memberIds: givenMembers(1, inboxMembers),
    commandId: commandId.optional(),
  });
export const leaveInput = z.strictObject({ conversationId, commandId: commandId.optional() });
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
export const markReadInput = z.strictObject({ conversationId, readSeq: conversationSeq });

// ── Events and what carries them ───────────────────────────────────────────────────────────────────────────────────

const content = z.object({ type: contentType, content: jsonObject });
const eventHead = { conversationId, conversationSeq, actorId: userId, commandId: commandId.nullable(), at };

export const event = z.discriminatedUnion('type', [
  z.object({ type: z.literal('message.sent'), ...eventHead, messageId, message: content }),
  z.object({
    type: z.literal('conversation.created'),
    ...eventHead,
    kind: conversationKind,
    title,
    memberIds: members,
  }),
  z.object({ type: z.literal('members.added'), ...eventHead, memberIds: members }),
  z.object({ type: z.literal('members.removed'), ...eventHead, memberIds: members }),
  z.object({ type: z.literal('read.marked'), ...eventHead, of: conversationId, readSeq: conversationSeq }),
]);

export const inboxEntry = z.object({ seq, event: event.nullable() });

const bytes = position.min(1);
/** In the first item of a feed. */
const feed = z.object({ userId, limits: z.object({ contentBytes: bytes, frameBytes: bytes }) }).optional();

export const feedItem = z.discriminatedUnion('type', [
  z.object({ type: z.literal('entries'), entries: z.array(inboxEntry), head: seq.optional(), feed }),
  z.object({ type: z.literal('reset'), reason: z.enum(['new', 'epoch', 'floor', 'ahead']), cursor, feed }),
  z.object({ type: z.literal('live'), cursor, feed }),
]);

const messageHead = { messageId, clientMessageId: commandId, conversationId, conversationSeq, senderId: userId, at };
export const receipt = z.object(messageHead);
export const message = z.object({ ...messageHead, ...content.shape });

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
  lastMessage: message.nullable(),
  activeAt: at,
});

// ── Between processes ──────────────────────────────────────────────────────────────────────────────────────────────

const commandHead = { conversationId, actorId: userId, commandId };

export const command = z.discriminatedUnion('type', [
  z.object({ type: z.literal('message.send'), ...commandHead, message: content, retry: retry.optional() }),
  z.object({
    type: z.literal('conversation.create'),
    ...commandHead,
    kind: conversationKind,
    title,
    memberIds: members,
  }),
  z.object({ type: z.literal('members.add'), ...commandHead, memberIds: members }),
  z.object({ type: z.literal('members.remove'), ...commandHead, memberIds: members }),
  z.object({ type: z.literal('read.mark'), ...commandHead, of: conversationId, readSeq: conversationSeq }),
]);

/**
 * Parses `value` or throws `invalid_input` (or the code an id parser asks for) naming the first offending field.
 * The one place where a zod issue becomes an error of the table.
 */
export function parseWire<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.map(String).join('.') || 'input';
  const params =
    issue?.code === 'custom' ? (issue.params as { code?: ErrorCode; limit?: string } | undefined) : undefined;
  // An issue quotes what it met: every key that no field has, for one.
  const detail = shortened(issue?.message ?? 'does not fit');
  throw new TidemarkError(params?.code ?? 'invalid_input', detail, { field, limit: params?.limit });
}
