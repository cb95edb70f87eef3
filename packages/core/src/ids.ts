import { TidemarkError } from './errors.ts';
import { monotonicUlids } from './monotonic-ulid.ts';

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** The application's own user id: 1–128 visible ASCII characters without a comma. Opaque to Tidemark. */
export type UserId = Brand<string, 'UserId'>;
/**
 * `d:<a>,<b>` the direct conversation of two users (sorted), `u:<user>` the conversation of a user alone,
 * `g:<ulid>` a group. The form says who may take part in the first two, so no look-up is needed to authorise them.
 */
export type ConversationId = Brand<string, 'ConversationId'>;
/** A ULID: 26 characters, sorts by the time the writer decided the message. */
export type MessageId = Brand<string, 'MessageId'>;
/**
 * Chosen by the client, unique per actor: what makes sending twice sending once. 1–64 visible ASCII characters.
 * A message's commandId is its `clientMessageId`.
 */
export type CommandId = Brand<string, 'CommandId'>;
/** Position in a user's inbox: 1, 2, 3 … without holes. */
export type Seq = Brand<number, 'Seq'>;
/** Position in a conversation: 1, 2, 3 … without holes. */
export type ConversationSeq = Brand<number, 'ConversationSeq'>;
/** Identity of an inbox store's contents: 1–32 letters and digits, made when the store is first opened. */
export type Epoch = Brand<string, 'Epoch'>;
/** Identity of a history store: 1–32 letters and digits, made when it is first opened. It stays with the store, and with its copies. */
export type StoreIdentity = Brand<string, 'StoreIdentity'>;
/**
 * `<epoch>:<seq>:<fingerprint>`: how far a device has got in its user's inbox, and on which event it stands there. Opaque to
 * applications. Without the fingerprint at the beginning of an inbox, and as older versions issued it.
 */
export type Cursor = Brand<string, 'Cursor'>;
/** One process of a deployment: 1–64 letters, digits, `-`. */
export type NodeId = Brand<string, 'NodeId'>;

const USER_ID = /^[!-+\--~]{1,128}$/;
const COMMAND_ID = /^[!-~]{1,64}$/;
const GROUP = /^g:[0-9A-HJKMNP-TV-Z]{26}$/;
const CURSOR = /^([A-Za-z0-9]{1,32}):(0|[1-9]\d{0,15})(?::([a-z0-9]{1,16}))?$/;

export const USER_ID_RULE = 'must be 1 to 128 visible ASCII characters without a comma';

/** For lists: without an error per id. */
export function isUserId(value: unknown): value is UserId {
  return typeof value === 'string' && USER_ID.test(value);
}

export function parseUserId(value: unknown, field = 'userId'): UserId {
  if (isUserId(value)) return value;
  throw new TidemarkError('invalid_input', USER_ID_RULE, { field });
}

export function parseCommandId(value: unknown, field = 'commandId'): CommandId {
  if (typeof value === 'string' && COMMAND_ID.test(value)) return value as CommandId;
  throw new TidemarkError('invalid_input', 'must be 1 to 64 visible ASCII characters', { field });
}

export function parseConversationId(value: unknown, field = 'conversationId'): ConversationId {
  if (typeof value === 'string') {
    if (GROUP.test(value)) return value as ConversationId;
    const users = participants(value);
    if (users?.every(isUserId) && (users.length === 1 || (users[0] as string) < (users[1] as string))) {
      return value as ConversationId;
    }
  }
  throw new TidemarkError('invalid_input', 'must be g:<ulid>, d:<user>,<user> (sorted) or u:<user>', { field });
}

/** The conversation of two users; the same whoever asks. Throws `invalid_input` for a user and themselves. */
export function directConversationId(a: string, b: string): ConversationId {
  const [first, second] = [parseUserId(a), parseUserId(b)].sort() as [UserId, UserId];
  if (first === second) throw new TidemarkError('invalid_input', 'must be another user', { field: 'userId' });
  return `d:${first},${second}` as ConversationId;
}

/** The conversation of a user alone: notes to oneself, and what concerns only this user (read marks). */
export function selfConversationId(user: string): ConversationId {
  return `u:${parseUserId(user)}` as ConversationId;
}

/** Who takes part, for the kinds whose id says so; `undefined` for a group. */
export function participants(conversationId: string): readonly UserId[] | undefined {
  if (conversationId.startsWith('d:')) {
    // Anybody's text may be asked about: a third part says enough.
    const users = conversationId.slice(2).split(',', 3);
    return users.length === 2 ? (users as UserId[]) : undefined;
  }
  if (conversationId.startsWith('u:')) return [conversationId.slice(2) as UserId];
  return undefined;
}

/** The other user of a direct conversation, seen from `user`; `undefined` for other kinds. */
export function peerOf(conversationId: string, user: string): UserId | undefined {
  const users = participants(conversationId);
  return users?.length === 2 ? users.find((each) => each !== user) : undefined;
}

/** Makes ids that sort by time, also within one millisecond. One source per process. */
export interface IdSource {
  messageId(at: number): MessageId;
  groupId(at: number): ConversationId;
  commandId(at: number): CommandId;
}

/** @param random seeded in tests; by default the platform's cryptographic source. */
export function createIdSource(random?: () => number): IdSource {
  const next = monotonicUlids(random);
  return {
    messageId: (at) => next(at) as MessageId,
    groupId: (at) => `g:${next(at)}` as ConversationId,
    commandId: (at) => next(at) as CommandId,
  };
}

/** @param fingerprint of the newest event at or below `seq` ({@link fingerprintOf}); absent where there is none, or it is not known */
export function formatCursor(epoch: Epoch, seq: number, fingerprint?: string): Cursor {
  return `${epoch}:${seq}${fingerprint === undefined ? '' : `:${fingerprint}`}` as Cursor;
}

/** A cursor, read. */
export interface CursorPosition {
  readonly epoch: Epoch;
  readonly seq: Seq;
  readonly fingerprint?: string | undefined;
}

/** Throws `invalid_cursor` when the text was not made by {@link formatCursor}. */
export function parseCursor(value: unknown, field = 'cursor'): CursorPosition {
  const match = typeof value === 'string' ? CURSOR.exec(value) : null;
  const seq = Number(match?.[2]);
  if (!match || !Number.isSafeInteger(seq)) {
    throw new TidemarkError('invalid_cursor', 'must be one that the server gave', { field });
  }
  return { epoch: match[1] as Epoch, seq: seq as Seq, fingerprint: match[3] };
}
