import {
  type Command,
  type NodeId,
  parseCommandId,
  parseConversationId,
  parseUserId,
  type SendMessage,
  TidemarkError,
} from '@tidemark/core';
import { command as commandSchema, parseWire } from '@tidemark/core/wire';
import { hasOnly, parseContent, parseWhole, reservedKeyIn } from '../content-shape.ts';
import { commandDefinitionOf, isCommandType } from '../features/commands.ts';

/** A command as it stands in the stream, with where its reply goes. */
export interface Envelope extends ReplyAddress {
  readonly command: Command;
  /** How often the store had been set back when it was queued, as far as that process knew; see `SetBackWatch`. Absent: never. */
  readonly setBacks?: number | undefined;
}

export interface ReplyAddress {
  readonly replyTo: NodeId;
  /** Names the waiting call on that node. 1–512 characters. */
  readonly call: string;
  /** The deployment it belongs to, in short (`stampOf`); empty when it names none. */
  readonly of: string;
}

const NODE_ID = /^[A-Za-z0-9-]{1,64}$/;
const CALL_LENGTH = 512;
const STAMP = /^[A-Za-z0-9]{1,32}$/;
const MAX_RETRY = 1_000_000;
/** Of a message that is nothing else: no reply. */
const SEND_KEYS: ReadonlySet<string> = new Set(['type', 'conversationId', 'actorId', 'commandId', 'message', 'retry']);
/** How command types are written; one of this form that is not known is of a newer version. */
const COMMAND_TYPE = /^[a-z]{1,32}\.[a-z-]{1,32}$/;
/** What a body with a reserved key holds, written plainly or with escapes. Few others do. */
const MAY_BE_RESERVED = /__proto__|constructor|prototype|\\u/;

export function encodeEnvelope(envelope: Envelope): string {
  return JSON.stringify(envelope);
}

/**
 * Reads an entry of the queue, and trusts nothing in it: whoever can write to the queue can put anything there. Throws
 * TidemarkError `invalid_input` for what no version of this library wrote, and `unavailable` for a command of a newer one,
 * which may be tried again until this process has been upgraded, too.
 */
export function decodeEnvelope(body: string): Envelope {
  const value = parseBody(body);
  const address = replyIn(value);
  if (!address) throw new TidemarkError('invalid_input', 'must name replyTo and call', { field: 'envelope' });
  const command = parseCommand(value.command);
  if (MAY_BE_RESERVED.test(body)) requireNoReservedKey(command);
  const { setBacks } = value;
  if (setBacks === undefined) return { command, ...address };
  return { command, ...address, setBacks: parseWhole(setBacks, 'setBacks', 0, Number.MAX_SAFE_INTEGER) };
}

/** Where the reply to an entry goes that cannot be decoded otherwise; undefined when it doesn't say. */
export function replyAddressOf(body: string): ReplyAddress | undefined {
  try {
    return replyIn(parseBody(body));
  } catch {
    return undefined;
  }
}

/** Whom and what an entry names, unchecked: for weighing it before it is decoded. Empty where it does not say. */
export function addressIn(body: string): { actorId: string; conversationId: string; named: number } {
  const nobody = { actorId: '', conversationId: '', named: 0 };
  try {
    const { actorId, conversationId, memberIds } = (parseBody(body).command ?? {}) as Record<string, unknown>;
    if (typeof actorId !== 'string' || typeof conversationId !== 'string') return nobody;
    return { actorId, conversationId, named: Array.isArray(memberIds) ? memberIds.length : 0 };
  } catch {
    return nobody;
  }
}

interface Body {
  readonly command?: unknown;
  readonly replyTo?: unknown;
  readonly call?: unknown;
  readonly of?: unknown;
  readonly setBacks?: unknown;
}

function parseBody(body: string): Body {
  try {
    return (JSON.parse(body) as Body | null) ?? {};
  } catch (cause) {
    throw new TidemarkError('invalid_input', 'is not JSON', { field: 'envelope', cause });
  }
}

function replyIn({ replyTo, call, of }: Body): ReplyAddress | undefined {
  if (typeof replyTo !== 'string' || !NODE_ID.test(replyTo)) return undefined;
  if (typeof call !== 'string' || call.length === 0 || call.length > CALL_LENGTH) return undefined;
  return { replyTo: replyTo as NodeId, call, of: typeof of === 'string' && STAMP.test(of) ? of : '' };
}

function parseCommand(value: unknown): Command {
  const { type } = (value ?? {}) as { type?: unknown };
  if (type === 'message.send' && hasOnly(value as object, SEND_KEYS))
    return parseSend(value as Record<string, unknown>);
  if (typeof type === 'string' && COMMAND_TYPE.test(type) && !isCommandType(type)) {
    throw new TidemarkError('unavailable', `this process does not know commands of type ${type} yet`);
  }
  return parseWire(commandSchema, value);
}

/** The same rules as the wire schema's. Most commands are plain messages, and checking them by hand takes a third of the time. */
function parseSend(value: Readonly<Record<string, unknown>>): SendMessage {
  const command: SendMessage = {
    type: 'message.send',
    conversationId: parseConversationId(value.conversationId),
    actorId: parseUserId(value.actorId, 'actorId'),
    commandId: parseCommandId(value.commandId),
    message: parseContent(value.message),
  };
  const { retry } = value;
  return retry === undefined ? command : { ...command, retry: parseWhole(retry, 'retry', 0, MAX_RETRY) };
}

function requireNoReservedKey(command: Command): void {
  const message = commandDefinitionOf(command).content?.(command);
  const reserved = message && reservedKeyIn(JSON.stringify(message.content));
  if (reserved === undefined) return;
  throw new TidemarkError('invalid_input', `must not have a key named ${reserved}`, { field: 'message.content' });
}
