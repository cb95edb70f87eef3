import {
  type CommandResult,
  EVENT_TYPES,
  type Event,
  type MessageId,
  type MessageSent,
  parseCommandId,
  parseConversationId,
  parseErrorText,
  parseUserId,
  participants,
  type Seq,
  TidemarkError,
  type UserId,
} from '@tidemark/core';
import { event as eventSchema, parseWire } from '@tidemark/core/wire';
import { hasOnly, parseContent, parseWhole } from '../content-shape.ts';
import { StrangerError } from '../deployment/stranger.ts';

/** What one node gets after a commit: events for the feeds it holds, and replies for the calls that wait on it. */
export interface NodeFrame {
  readonly deliveries: readonly NodeDelivery[];
  /** Users whose inbox goes on with voids, and the highest of them: nothing else tells their feeds that it does. */
  readonly voids: readonly Place[];
  readonly replies: readonly Reply[];
  /** How often the store had been set back when this was written; see `SetBackWatch`. Absent where that is not known. */
  readonly setBacks?: number | undefined;
}

/** An event with the seq at which each of this node's users finds it. The body travels once per node. */
export interface NodeDelivery {
  readonly event: Event;
  readonly to: readonly Place[];
}

/** A place in a user's inbox. */
export type Place = readonly [UserId, Seq];

export type Reply =
  | { readonly call: string; readonly result: CommandResult }
  | { readonly call: string; readonly error: TidemarkError };

interface EncodedReply {
  readonly call: string;
  readonly result?: CommandResult;
  readonly error?: string;
}

/** @param of the deployment of the node that it is for, in short (`stampOf`) */
export function encodeNodeFrame(frame: NodeFrame, of: string): string {
  const replies: EncodedReply[] = frame.replies.map((reply) =>
    'result' in reply ? reply : { call: reply.call, error: reply.error.message },
  );
  return JSON.stringify({ of, setBacks: frame.setBacks, deliveries: frame.deliveries, voids: frame.voids, replies });
}

/**
 * Reads a frame, and trusts nothing in its shape: whoever can publish in Redis can send anything here, and a feed shows what a
 * frame holds. What it claims to be stored is believed, but nobody is shown a conversation whose id does not name them.
 * Throws on what is not a frame; the caller drops it, since feeds find out by comparing heads.
 *
 * @param deployment this node's, in short
 * @throws StrangerError for a frame of another one
 */
export function decodeNodeFrame(text: string, deployment: string): NodeFrame {
  // A process of an earlier version tells nothing of voids, nor of set-backs.
  const { of, setBacks, deliveries, voids = [], replies } = (JSON.parse(text) ?? {}) as Record<string, unknown>;
  if (of !== deployment) throw new StrangerError(typeof of === 'string' ? of.slice(0, STAMP_LENGTH) : '');
  if (!isPlaces(voids)) throw invalid('voids', 'must list users with their seqs');
  return {
    setBacks: setBacks === undefined ? undefined : parseWhole(setBacks, 'setBacks', 0, Number.MAX_SAFE_INTEGER),
    deliveries: parseList(deliveries, parseDelivery),
    voids,
    replies: parseList(replies, parseReply),
  };
}

const MESSAGE_ID_LENGTH = 26;
const TYPE_LENGTH = 64;
const STAMP_LENGTH = 32;
const CALL_LENGTH = 512;
const KNOWN_TYPES: ReadonlySet<unknown> = new Set(EVENT_TYPES);
const HEAD_KEYS = ['conversationId', 'conversationSeq', 'actorId', 'commandId', 'at'];
/** Of a message that is nothing else: no reply. */
const MESSAGE_KEYS: ReadonlySet<string> = new Set(['type', ...HEAD_KEYS, 'messageId', 'message']);

function parseList<T>(value: unknown, parse: (item: Record<string, unknown>) => T): T[] {
  if (!Array.isArray(value)) throw invalid('frame', 'must hold lists of deliveries and replies');
  return value.map((item) => parse((item ?? {}) as Record<string, unknown>));
}

function parseDelivery(value: Readonly<Record<string, unknown>>): NodeDelivery {
  const event = parseEvent((value.event ?? {}) as Record<string, unknown>);
  const { to } = value;
  if (!isPlaces(to)) throw invalid('to', 'must list users with their seqs');
  const users = participants(event.conversationId);
  if (users && !to.every(([userId]) => users.includes(userId))) {
    throw invalid('to', 'must be users whom the id of the conversation names');
  }
  return { event, to };
}

function isPlaces(value: unknown): value is readonly Place[] {
  return Array.isArray(value) && value.every(isPlace);
}

function isPlace(value: unknown): value is Place {
  return Array.isArray(value) && typeof value[0] === 'string' && Number.isSafeInteger(value[1]) && value[1] > 0;
}

/** The same rules as the wire schema's; plain messages by hand, since most events are. */
function parseEvent(value: Readonly<Record<string, unknown>>): Event {
  const { type } = value;
  const isPlain = type === 'message.sent' && hasOnly(value, MESSAGE_KEYS);
  if (!isPlain && KNOWN_TYPES.has(type)) return parseWire(eventSchema, value);
  const head = parseHead(value);
  if (type === 'message.sent') {
    return { type, ...head, messageId: parseMessageId(value.messageId), message: parseContent(value.message) };
  }
  if (typeof type !== 'string' || type.length > TYPE_LENGTH) throw invalid('type', 'must name a type of event');
  // Of a newer version: what it holds beside its head is passed on to clients as it is.
  return { ...value, ...head } as Event;
}

function parseHead(value: Readonly<Record<string, unknown>>): Omit<MessageSent, 'type' | 'messageId' | 'message'> {
  return {
    conversationId: parseConversationId(value.conversationId),
    conversationSeq: parseWhole(value.conversationSeq, 'conversationSeq', 1, Number.MAX_SAFE_INTEGER),
    actorId: parseUserId(value.actorId, 'actorId'),
    commandId: value.commandId === null ? null : parseCommandId(value.commandId),
    at: parseWhole(value.at, 'at', 0, Number.MAX_SAFE_INTEGER),
  };
}

function parseReply({ call, result, error }: Readonly<Record<string, unknown>>): Reply {
  if (typeof call !== 'string' || call.length > CALL_LENGTH) throw invalid('call', 'must name a call');
  if (result !== undefined) return { call, result: parseResult((result ?? {}) as Record<string, unknown>) };
  return { call, error: parseErrorText(String(error)) ?? new TidemarkError('unavailable', String(error)) };
}

function parseResult(value: Readonly<Record<string, unknown>>): CommandResult {
  return {
    conversationId: parseConversationId(value.conversationId),
    conversationSeq: parseWhole(value.conversationSeq, 'conversationSeq', 1, Number.MAX_SAFE_INTEGER),
    at: parseWhole(value.at, 'at', 0, Number.MAX_SAFE_INTEGER),
    messageId: value.messageId === null ? null : parseMessageId(value.messageId),
  };
}

function parseMessageId(value: unknown): MessageId {
  if (typeof value === 'string' && value.length === MESSAGE_ID_LENGTH) return value as MessageId;
  throw invalid('messageId', 'must be 26 characters');
}

function invalid(field: string, rule: string): TidemarkError {
  return new TidemarkError('invalid_input', rule, { field });
}
