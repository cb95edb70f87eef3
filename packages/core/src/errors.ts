/**
 * The error table: every error a caller can meet, what the caller should do, and the code it travels under in tRPC.
 *
 * policy
 *  - `retry`      the same call may succeed later; the outbox does it by itself.
 *  - `reconnect`  the connection or the identity must be renewed first.
 *  - `give-up`    the same call will never succeed; show it to a person or mend the code.
 */
export type ErrorPolicy = 'retry' | 'reconnect' | 'give-up';

/** The tRPC codes the table uses; all of them exist in every version of the peer range. */
export type TransportCode =
  | 'BAD_REQUEST'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'TIMEOUT'
  | 'CONFLICT'
  | 'PAYLOAD_TOO_LARGE'
  | 'TOO_MANY_REQUESTS'
  | 'INTERNAL_SERVER_ERROR';

/** What each means, and what to do, stands above its row: an editor shows it, and a browser does not load it. */
export const ERRORS = {
  /** A field breaks its rule; the message names both. */
  invalid_input: { policy: 'give-up' },
  /** The server has no content kind of that name. */
  unknown_content_type: { policy: 'give-up' },
  /** The content breaks the schema of its kind. */
  invalid_content: { policy: 'give-up' },
  /** Shorten the content or raise limits.contentBytes. */
  content_too_large: { policy: 'give-up' },
  /** The cursor was not issued by this server; start from a snapshot. */
  invalid_cursor: { policy: 'give-up' },
  /** Renew the token, then connect again. */
  unauthenticated: { policy: 'reconnect' },
  /** The caller is not a member of the conversation. */
  not_a_member: { policy: 'give-up' },
  /** The caller may not do this; the text may say why. */
  forbidden: { policy: 'give-up' },
  /** No such conversation, or not one of the caller. */
  conversation_not_found: { policy: 'give-up' },
  /** No such message of the conversation. */
  message_not_found: { policy: 'give-up' },
  /** The message was revoked: nothing can be said of it any more. */
  revoked: { policy: 'give-up' },
  /** It has changed since: look at it as it is now, and ask again. */
  conflict: { policy: 'give-up' },
  /** The conversation would exceed limits.inboxMembers. */
  too_many_members: { policy: 'give-up' },
  /** The id was used for another command, which the text names; this one was not carried out. Take a new id. */
  command_reused: { policy: 'give-up' },
  /** Too many calls; wait and call again. */
  rate_limited: { policy: 'retry' },
  /** The queue is full; nothing was accepted; call again later. */
  overloaded: { policy: 'retry' },
  /** Queue or store cannot be reached; call again later. */
  unavailable: { policy: 'retry' },
  /** No receipt within the time limit. The command may still be carried out: call again with the same id. */
  outcome_unknown: { policy: 'retry' },
  /** A newer feed of this user took the place of this one, since they have limits.feedsPerUser; only a person begins another. */
  displaced: { policy: 'give-up' },
  /** Client and server are more than one release apart; the text says which of them to upgrade. */
  incompatible: { policy: 'give-up' },
  /** This process is shutting down; connect to another. */
  closing: { policy: 'reconnect' },
  /** The command failed repeatedly and was parked for inspection. */
  dead_lettered: { policy: 'give-up' },
} as const satisfies Record<string, { readonly policy: ErrorPolicy }>;

export type ErrorCode = keyof typeof ERRORS;

/** The tRPC code under which a server sends each. Apart from the table, since no client needs it. */
export const TRANSPORT_CODES: Readonly<Record<ErrorCode, TransportCode>> = {
  invalid_input: 'BAD_REQUEST',
  unknown_content_type: 'BAD_REQUEST',
  invalid_content: 'BAD_REQUEST',
  content_too_large: 'PAYLOAD_TOO_LARGE',
  invalid_cursor: 'BAD_REQUEST',
  unauthenticated: 'UNAUTHORIZED',
  not_a_member: 'FORBIDDEN',
  forbidden: 'FORBIDDEN',
  conversation_not_found: 'NOT_FOUND',
  message_not_found: 'NOT_FOUND',
  revoked: 'CONFLICT',
  conflict: 'CONFLICT',
  too_many_members: 'BAD_REQUEST',
  command_reused: 'CONFLICT',
  rate_limited: 'TOO_MANY_REQUESTS',
  overloaded: 'TOO_MANY_REQUESTS',
  unavailable: 'INTERNAL_SERVER_ERROR',
  outcome_unknown: 'TIMEOUT',
  displaced: 'CONFLICT',
  incompatible: 'BAD_REQUEST',
  closing: 'INTERNAL_SERVER_ERROR',
  dead_lettered: 'INTERNAL_SERVER_ERROR',
};

interface ErrorDetails {
  readonly field?: string | undefined;
  readonly reason?: string | undefined;
  readonly limit?: string | undefined;
  readonly cause?: unknown;
}

/** An error of the table. `field` is the dotted path of the offending input field, where there is one. */
export class TidemarkError extends Error {
  override readonly name = 'TidemarkError';
  readonly code: ErrorCode;
  readonly field: string | undefined;
  /** The sentence without code and field. */
  readonly detail: string;
  /** With `forbidden`: the application's own word for why, for programs; letters, digits, `_`, `.` and `-`. */
  readonly reason: string | undefined;
  /** On the server: dotted name of the option whose bound was reached, such as `limits.inboxMembers`. */
  readonly limit: string | undefined;

  constructor(code: ErrorCode, detail: string, options: ErrorDetails = {}) {
    super(formatError(code, options, detail), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.field = options.field;
    this.reason = options.reason;
    this.detail = detail;
    this.limit = options.limit;
  }

  get policy(): ErrorPolicy {
    return ERRORS[this.code].policy;
  }
}

/**
 * The text form, which is also the wire form: it passes through any application's error formatter unchanged.
 * `invalid_content [content.total]: expected a number`, `forbidden (profanity): mind your language`
 */
function formatError(code: ErrorCode, { field, reason }: ErrorDetails, detail: string): string {
  return `${code}${field === undefined ? '' : ` [${field}]`}${reason === undefined ? '' : ` (${reason})`}: ${detail}`;
}

/** Characters of somebody's input that an error repeats. */
const QUOTED = 256;

/** For sentences and fields that quote what a caller sent: an error must not be as large as what it refuses. */
export function shortened(text: string): string {
  return text.length <= QUOTED ? text : `${text.slice(0, QUOTED)}…`;
}

// The field ends at the first `]: `: a key of somebody's content may hold a bracket.
const TEXT_FORM = /^([a-z_]+)(?: \[([\s\S]*?)\])?(?: \(([\w.-]+)\))?: ([\s\S]*)$/;

/** Reads the text form back; `undefined` when the text is not of the table (an error of the application's own). */
export function parseErrorText(text: string): TidemarkError | undefined {
  const match = TEXT_FORM.exec(text);
  const code = match?.[1];
  if (code === undefined || !Object.hasOwn(ERRORS, code)) return undefined;
  return new TidemarkError(code as ErrorCode, match?.[4] ?? '', { field: match?.[2], reason: match?.[3] });
}

/**
 * Thrown by storages and queues when the service behind them cannot be reached or refuses for now (connection lost,
 * starting up, failing over, deadlock, disk busy). What fails with it is never parked. Any other error is unexplained: the
 * pipeline finds out whether the store is ill or the command is.
 */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
}

/**
 * Thrown at start, and told by `health` later, when the parts of a deployment do not belong together: its Redis is another
 * store's, its processes have other partitions, its store is newer than the process, its clock is far off. Such a process takes no
 * part. It does not pass by itself: the message names what differs and what to do.
 */
export class DeploymentError extends Error {
  override readonly name = 'DeploymentError';
  readonly differs: readonly Difference[];

  /** @param advice what to do, as a sentence */
  constructor(differs: readonly Difference[], advice: string) {
    const list = differs.map(({ what, here, there }) => `${what} is ${here} here and ${there} there`);
    super(`${list.join('; ')}. ${advice}`);
    this.differs = differs;
  }
}

export interface Difference {
  /** What is compared, such as `store identity` or `partitions`. */
  readonly what: string;
  /** What this process has, or needs. */
  readonly here: string | number;
  /** What it found. */
  readonly there: string | number;
}
