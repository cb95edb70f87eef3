import type { StandardSchemaV1 } from '@standard-schema/spec';
import {
  type Clock,
  type ContentSchemas,
  commandBytesFor,
  composeStorage,
  createIdSource,
  DEFAULT_LIMITS,
  type HistoryStore,
  type InboxStore,
  type Limits,
  type NodeId,
  type Random,
  type Storage,
  systemClock,
  TidemarkError,
} from '@tidemark/core';
import { parseWire, reactionKey } from '@tidemark/core/wire';
import { z } from 'zod';
import type { Backplane } from './backplane.ts';
import type { Permissions } from './features/deciding.ts';
import { checkPairs } from './limit-pairs.ts';
import { count, HOUR, ms } from './option-rules.ts';
import type { RedisClient } from './redis/client.ts';
import type { Authorize } from './router/authorization.ts';
import type { BeforeHooks } from './router/before-hooks.ts';
import type { OnReport } from './router/reports.ts';
import { type MessagingTuning, tuning } from './tuning.ts';

/** What `createMessaging` takes. Everything but `content` and `storage` has a default; all are checked at start. */
export interface MessagingOptions<Schemas extends ContentSchemas> {
  /** Content kinds: name → Standard Schema whose output is a JSON object. */
  readonly content: Schemas;
  /** A storage with both roles, or one store for each. */
  readonly storage: Storage | { readonly history: HistoryStore; readonly inbox: InboxStore };
  /** An ioredis client or cluster of the application, when there are several processes. Absent: this is the only one. */
  readonly redis?: RedisClient | undefined;
  /**
   * Says on the console, once for each cause, why `ready()` has been pending for 5 s, why it rejected, and that somebody else answers
   * the upgrades of `attach`. Default true.
   */
  readonly warnings?: boolean | undefined;
  /** A backplane of one's own in place of `redis`. */
  readonly backplane?: Backplane | undefined;
  /** Whether this process also writes partitions. Default true; false makes it a gateway only. */
  readonly worker?: boolean | undefined;
  /** Prefix of every Redis key. Default `tm:`. The same in every process of a deployment. */
  readonly keyPrefix?: string | undefined;
  /** Streams the conversations are spread over, 1–256. Default 8. The same in every process; drain before changing it. */
  readonly partitions?: number | undefined;
  readonly limits?: Partial<Limits> | undefined;
  readonly reactions?: ReactionOptions | undefined;
  /** Who may do what in a group, as its writer decides. The same in every process. */
  readonly permissions?: PermissionOptions | undefined;
  /** Who may do what, beyond membership: asked for every command before it is queued. Default: every member may. */
  readonly authorize?:
    | Authorize<{ [Kind in keyof Schemas & string]: StandardSchemaV1.InferOutput<Schemas[Kind]> }>
    | undefined;
  /** ms `authorize` may take before the call fails with `unavailable`. Default 2,000. */
  readonly authorizeTimeoutMs?: number | undefined;
  /** What the application does with a command before it is queued: replaces its content, or refuses it. Default: nothing. */
  readonly hooks?:
    | BeforeHooks<
        { [Kind in keyof Schemas & string]: StandardSchemaV1.InferInput<Schemas[Kind]> },
        { [Kind in keyof Schemas & string]: StandardSchemaV1.InferOutput<Schemas[Kind]> }
      >
    | undefined;
  /** Takes the messages that users report. Default: none, and reports are `forbidden`. */
  readonly onReport?:
    | OnReport<{ [Kind in keyof Schemas & string]: StandardSchemaV1.InferOutput<Schemas[Kind]> }>
    | undefined;
  /** ms `onReport` may take before the call fails with `unavailable`. Default 10,000. */
  readonly reportTimeoutMs?: number | undefined;
  /**
   * ms for which inbox entries are kept, as long as a device may stay away without a snapshot. Default: what an inbox store
   * that expires entries by itself was given, such as `mongoInbox({ retentionMs })`; with any other 14 days.
   */
  readonly retentionMs?: number | undefined;
  /** What operators set, when the defaults do not suit their services or their load. */
  readonly tuning?: MessagingTuning | undefined;
  /** Name of this process, 1–64 letters, digits or `-`, unique among those alive. Default: random. */
  readonly nodeId?: string | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

export interface PermissionOptions {
  /** Who may pin messages in a group, and take that back. Default `owner`: who created it. In other conversations each member may. */
  readonly pin?: Permissions['pin'] | undefined;
  /**
   * Who may mention all members of a group of more than `limits.mentionAllMembers`. Default `owner`: who created it. In others everybody
   * may.
   */
  readonly mentionAll?: Permissions['mentionAll'] | undefined;
}

export interface ReactionOptions {
  /**
   * Keys with which messages may be reacted to; others are refused as `invalid_input` of `key`. One that is taken out can still be
   * taken back. Default: any.
   */
  readonly keys?: readonly string[] | undefined;
}

const givenLimits = z.strictObject({
  contentBytes: count(1024 * 1024).default(DEFAULT_LIMITS.contentBytes),
  commandBytes: z
    .number()
    .int()
    .min(1024)
    .max(64 * 1024 * 1024)
    .optional(),
  inboxMembers: count(100_000).default(DEFAULT_LIMITS.inboxMembers),
  editWindowMs: ms(0, Number.MAX_SAFE_INTEGER).default(DEFAULT_LIMITS.editWindowMs),
  revokeWindowMs: ms(0, Number.MAX_SAFE_INTEGER).optional(),
  versions: count(1_000).default(DEFAULT_LIMITS.versions),
  reactionsPerUser: count(1_000).default(DEFAULT_LIMITS.reactionsPerUser),
  reactionKeys: count(1_000).default(DEFAULT_LIMITS.reactionKeys),
  pins: count(200).default(DEFAULT_LIMITS.pins),
  mentions: count(1_000).default(DEFAULT_LIMITS.mentions),
  mentionAllMembers: count(100_000).default(DEFAULT_LIMITS.mentionAllMembers),
  quoteBytes: z
    .number()
    .int()
    .min(0)
    .max(1024 * 1024)
    .default(DEFAULT_LIMITS.quoteBytes),
  page: count(10_000).default(DEFAULT_LIMITS.page),
  pageBytes: z
    .number()
    .int()
    .min(1024)
    .max(64 * 1024 * 1024)
    .default(DEFAULT_LIMITS.pageBytes),
  unread: count(100_000).default(DEFAULT_LIMITS.unread),
  frameBytes: z
    .number()
    .int()
    .min(1024)
    .max(64 * 1024 * 1024)
    .default(DEFAULT_LIMITS.frameBytes),
  readBytesPerSecond: z.number().min(1024).default(DEFAULT_LIMITS.readBytesPerSecond),
  callsPerSecond: z.number().positive().default(DEFAULT_LIMITS.callsPerSecond),
  callBurst: z.number().min(1).default(DEFAULT_LIMITS.callBurst),
  bytesPerToken: z.number().int().min(1024).default(DEFAULT_LIMITS.bytesPerToken),
  recipientsPerToken: z.number().int().min(1).default(DEFAULT_LIMITS.recipientsPerToken),
  readsPerUser: count(10_000).default(DEFAULT_LIMITS.readsPerUser),
  conversationsPerHour: z.number().int().min(1).default(DEFAULT_LIMITS.conversationsPerHour),
  invitationsPerHour: z.number().int().min(1).default(DEFAULT_LIMITS.invitationsPerHour),
  feedsPerUser: count(10_000).default(DEFAULT_LIMITS.feedsPerUser),
  socketBufferBytes: z
    .number()
    .int()
    .min(16 * 1024)
    .default(DEFAULT_LIMITS.socketBufferBytes),
  slowSocketGraceMs: ms(10, HOUR).default(DEFAULT_LIMITS.slowSocketGraceMs),
  parametersBytes: count(1024 * 1024).default(DEFAULT_LIMITS.parametersBytes),
  callsPerFrame: count(10_000).default(DEFAULT_LIMITS.callsPerFrame),
  callsUnderWay: count(10_000).default(DEFAULT_LIMITS.callsUnderWay),
  inputBytes: count(64 * 1024 * 1024).default(DEFAULT_LIMITS.inputBytes),
  inputAnnotations: count(1_000_000).default(DEFAULT_LIMITS.inputAnnotations),
  inputReferences: count(1_000_000).default(DEFAULT_LIMITS.inputReferences),
  inputEntries: count(100_000_000).default(DEFAULT_LIMITS.inputEntries),
  sockets: count(10_000_000).default(DEFAULT_LIMITS.sockets),
  unidentifiedSockets: count(10_000_000).default(DEFAULT_LIMITS.unidentifiedSockets),
  socketsPerAddress: count(10_000_000).optional(),
  socketsPerUser: count(10_000_000).default(DEFAULT_LIMITS.socketsPerUser),
});

const limits = givenLimits.transform(
  (given): Limits => ({ ...given, commandBytes: given.commandBytes ?? commandBytesFor(given) }),
);

const whoMay = z.enum(['owner', 'everybody']).default('owner');

const settings = z.strictObject({
  warnings: z.boolean().default(true),
  worker: z.boolean().default(true),
  keyPrefix: z
    .string()
    .regex(/^[^{}\s]{0,64}$/, 'must be at most 64 characters without braces or blanks')
    .default('tm:'),
  partitions: count(256).default(8),
  limits: limits.default(DEFAULT_LIMITS),
  reactions: z.strictObject({ keys: z.array(reactionKey).optional() }).default({}),
  permissions: z.strictObject({ pin: whoMay, mentionAll: whoMay }).prefault({}),
  authorizeTimeoutMs: ms(10, HOUR).default(2_000),
  reportTimeoutMs: ms(10, HOUR).default(10_000),
  retentionMs: ms(1_000, 10 * 365 * 24 * HOUR).default(14 * 24 * HOUR),
  tuning: tuning.prefault({}),
  nodeId: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be 1 to 64 letters, digits or "-"')
    .optional(),
});

/** Options with their defaults; those of `tuning` stand beside the others. */
export type Settings = Omit<z.output<typeof settings>, 'nodeId' | 'tuning'> &
  z.output<typeof tuning> & {
    readonly nodeId: NodeId;
    readonly clock: Clock;
    readonly random: Random;
  };

/** Fills in the defaults. Throws `invalid_input` that names the field and its rule. */
export function parseOptions<Schemas extends ContentSchemas>(
  options: MessagingOptions<Schemas>,
): { settings: Settings; storage: Storage } {
  const {
    content,
    storage,
    redis,
    backplane,
    authorize,
    hooks: _,
    onReport,
    clock = systemClock,
    random = Math.random,
    ...rest
  } = options;
  if (typeof content !== 'object' || content === null || Object.keys(content).length === 0) {
    throw new TidemarkError('invalid_input', 'must name at least one content kind', { field: 'content' });
  }
  if (redis && backplane) {
    throw new TidemarkError('invalid_input', 'give either redis or backplane', { field: 'backplane' });
  }
  if (authorize !== undefined && typeof authorize !== 'function') {
    throw new TidemarkError('invalid_input', 'must be a function', { field: 'authorize' });
  }
  if (onReport !== undefined && typeof onReport !== 'function') {
    throw new TidemarkError('invalid_input', 'must be a function', { field: 'onReport' });
  }
  for (const name of Object.keys(rest)) assertNotMoved(name);
  const { tuning: tuned, ...parsed } = parseWire(settings, rest);
  checkPairs(parsed.limits, tuned.backlogBytes);
  const nodeId = (parsed.nodeId ?? createIdSource().commandId(clock.now())) as string as NodeId;
  const stores = parseStorage(storage);
  const retentionMs = parseRetention(rest.retentionMs, parsed.retentionMs, stores.inbox.retentionMs);
  return {
    settings: { ...parsed, ...tuned, retentionMs, nodeId, clock, random },
    storage: stores,
  };
}

/** Options of 0.1 had no `tuning`, and durations no unit in their names: the error names an option's new place. */
function assertNotMoved(name: string): void {
  if (name in settings.shape) return;
  for (const option of [name, `${name}Ms`]) {
    const place = option in tuning.shape ? `tuning.${option}` : option in settings.shape ? option : undefined;
    if (place !== undefined) throw new TidemarkError('invalid_input', `is now ${place}`, { field: name });
  }
}

/** One retention, in one place: an inbox store that expires rows by itself says how long they are kept. */
function parseRetention(given: number | undefined, parsed: number, ofInbox: number | undefined): number {
  if (ofInbox === undefined) return parsed;
  if (given === undefined || given === ofInbox) return ofInbox;
  throw new TidemarkError(
    'invalid_input',
    `must be absent, or ${ofInbox} as the inbox store has it, which removes entries by itself`,
    { field: 'retentionMs' },
  );
}

function parseStorage(storage: MessagingOptions<ContentSchemas>['storage']): Storage {
  if (typeof storage !== 'object' || storage === null) {
    throw new TidemarkError('invalid_input', 'must be a storage, or { history, inbox }', { field: 'storage' });
  }
  if ('commit' in storage) return storage;
  if (typeof storage.history?.append !== 'function') {
    throw new TidemarkError('invalid_input', 'must be a HistoryStore', { field: 'storage.history' });
  }
  if (typeof storage.inbox?.append !== 'function') {
    throw new TidemarkError('invalid_input', 'must be an InboxStore', { field: 'storage.inbox' });
  }
  return composeStorage(storage);
}
