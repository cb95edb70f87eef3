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
import { parseWire } from '@tidemark/core/wire';
import { z } from 'zod';
import {
  type Backplane,
  DEFAULT_BACKLOG_BYTES,
  DEFAULT_DEAD_LETTER_RETENTION_MS,
  DEFAULT_MAXMEMORY_SHARE,
} from './backplane.ts';
import { checkPairs } from './limit-pairs.ts';
import type { RedisClient } from './redis/client.ts';
import type { Authorize } from './router/authorization.ts';

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
  /** Who may do what, beyond membership: asked for every command before it is queued. Default: every member may. */
  readonly authorize?:
    | Authorize<{ [Kind in keyof Schemas & string]: StandardSchemaV1.InferOutput<Schemas[Kind]> }>
    | undefined;
  /** ms `authorize` may take before the call fails with `unavailable`. Default 2,000. */
  readonly authorizeTimeoutMs?: number | undefined;
  /**
   * ms for which inbox entries are kept, as long as a device may stay away without a snapshot. Default: what an inbox store
   * that expires entries by itself was given, such as `mongoInbox({ retention })`; with any other 14 days.
   */
  readonly retention?: number | undefined;
  /** ms a send waits for its receipt before it fails with `outcome_unknown`. Default 10,000. */
  readonly receiptTimeout?: number | undefined;
  /** ms an allocated seq may stay unfilled before readers close it with a void. Default 2,000. */
  readonly voidAfter?: number | undefined;
  /** ms after which a silent worker has lost its partitions. Default 3,000. */
  readonly leaseTtl?: number | undefined;
  /** Commands of one batch at most. Default 200. */
  readonly batch?: number | undefined;
  /** Inbox rows of one batch at most; a command that leads to more goes alone. Default 5,000. */
  readonly batchRows?: number | undefined;
  /** Bytes of the commands of one batch at most; a larger command goes alone. Default 4 MiB. */
  readonly batchBytes?: number | undefined;
  /**
   * Commands that a partition's writer reads ahead, among which the senders take turns when more is queued than a batch
   * holds. Default 10,000.
   */
  readonly readAhead?: number | undefined;
  /** Bytes of commands beyond which it reads no further ahead. Default 8 MiB. */
  readonly readAheadBytes?: number | undefined;
  /** Commands a partition may hold before `overloaded`. Default 10,000. */
  readonly backlog?: number | undefined;
  /** Bytes that the commands in a partition may have before `overloaded`. Default 64 MiB; at least `limits.commandBytes`. */
  readonly backlogBytes?: number | undefined;
  /**
   * Share of Redis' `maxmemory` in use beyond which commands are refused as `overloaded`, 0.1 to 1. Default 0.9. Where Redis has
   * no `maxmemory`, or may not be asked (INFO), only its own refusal counts.
   */
  readonly maxmemoryShare?: number | undefined;
  /** Dead letters kept per partition. Default 1,000. */
  readonly deadLetters?: number | undefined;
  /** ms for which dead letters are kept, and at most as long again. Default 30 days. */
  readonly deadLetterRetentionMs?: number | undefined;
  /**
   * ms for which the store remembers that a command was refused for good, so that no late copy of it is carried out after
   * all. Default 24 hours.
   */
  readonly refusalRetentionMs?: number | undefined;
  /**
   * Times in a row that a command must fail alone before it is parked, each time with the store well for others before and
   * after it. Default 10: a store that refuses three tries in five at random parks one command in a million.
   */
  readonly attempts?: number | undefined;
  /** ms from the first of these failures to the last, at least. Until then its sender is told nothing final. Default 30,000. */
  readonly parkAfterMs?: number | undefined;
  /** ms between two comparisons of the feeds' cursors with the heads. Default 3,000. */
  readonly headsEvery?: number | undefined;
  /** ms a node's presence lasts without renewal. Default 30,000. */
  readonly presenceTtl?: number | undefined;
  /**
   * ms a call waits for the process to open, while its store or its queue cannot be reached; then it fails with `unavailable`.
   * Opening is tried for as long as it takes. Default 5,000.
   */
  readonly openTimeout?: number | undefined;
  /**
   * ms by which this process' wall clock may differ from those of the store and of Redis, 5,000 to 86,400,000. Beyond it the
   * process takes no part until its clock is right again. Where history, inbox and Redis have clocks that disagree, half of
   * them have to agree with it. Default 300,000 (5 minutes).
   */
  readonly maxClockSkewMs?: number | undefined;
  /** ms `close` waits for commands in work. Default 5,000. */
  readonly drainTimeout?: number | undefined;
  /**
   * ms after which `close` resolves although something is still under way, such as a call of the storage that hangs; the
   * event `close-timed-out` says what. Nothing acknowledged is lost: other workers carry out what is queued. Default 10,000.
   */
  readonly closeTimeout?: number | undefined;
  /** Name of this process, 1–64 letters, digits or `-`, unique among those alive. Default: random. */
  readonly nodeId?: string | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

const count = (max: number) => z.number().int().min(1).max(max);
const ms = (min: number, max: number) => z.number().min(min).max(max);
const HOUR = 3_600_000;

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
  versions: count(1_000).default(DEFAULT_LIMITS.versions),
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

const settings = z.strictObject({
  warnings: z.boolean().default(true),
  worker: z.boolean().default(true),
  keyPrefix: z
    .string()
    .regex(/^[^{}\s]{0,64}$/, 'must be at most 64 characters without braces or blanks')
    .default('tm:'),
  partitions: count(256).default(8),
  limits: limits.default(DEFAULT_LIMITS),
  authorizeTimeoutMs: ms(10, HOUR).default(2_000),
  retention: ms(1_000, 10 * 365 * 24 * HOUR).default(14 * 24 * HOUR),
  receiptTimeout: ms(100, HOUR).default(10_000),
  voidAfter: ms(10, HOUR).default(2_000),
  leaseTtl: ms(100, HOUR).default(3_000),
  batch: count(10_000).default(200),
  batchRows: count(1_000_000).default(5_000),
  batchBytes: count(1024 * 1024 * 1024).default(4 * 1024 * 1024),
  readAhead: count(10_000_000).default(10_000),
  readAheadBytes: count(1024 * 1024 * 1024).default(8 * 1024 * 1024),
  backlog: count(10_000_000).default(10_000),
  backlogBytes: z
    .number()
    .int()
    .min(1024)
    .max(2 ** 40)
    .default(DEFAULT_BACKLOG_BYTES),
  maxmemoryShare: z.number().min(0.1).max(1).default(DEFAULT_MAXMEMORY_SHARE),
  deadLetters: count(1_000_000).default(1_000),
  deadLetterRetentionMs: ms(60_000, 10 * 365 * 24 * HOUR).default(DEFAULT_DEAD_LETTER_RETENTION_MS),
  refusalRetentionMs: ms(60_000, 10 * 365 * 24 * HOUR).default(24 * HOUR),
  attempts: count(100).default(10),
  parkAfterMs: ms(0, 24 * HOUR).default(30_000),
  headsEvery: ms(50, HOUR).default(3_000),
  presenceTtl: ms(300, HOUR).default(30_000),
  openTimeout: ms(0, HOUR).default(5_000),
  maxClockSkewMs: ms(5_000, 24 * HOUR).default(5 * 60_000),
  drainTimeout: ms(0, HOUR).default(5_000),
  closeTimeout: ms(0, HOUR).default(10_000),
  nodeId: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be 1 to 64 letters, digits or "-"')
    .optional(),
});

export type Settings = Omit<z.output<typeof settings>, 'nodeId'> & {
  readonly nodeId: NodeId;
  readonly clock: Clock;
  readonly random: Random;
};

/** Fills in the defaults. Throws `invalid_input` that names the field and its rule. */
export function parseOptions<Schemas extends ContentSchemas>(
  options: MessagingOptions<Schemas>,
): { settings: Settings; storage: Storage } {
  const { content, storage, redis, backplane, authorize, clock = systemClock, random = Math.random, ...rest } = options;
  if (typeof content !== 'object' || content === null || Object.keys(content).length === 0) {
    throw new TidemarkError('invalid_input', 'must name at least one content kind', { field: 'content' });
  }
  if (redis && backplane) {
    throw new TidemarkError('invalid_input', 'give either redis or backplane', { field: 'backplane' });
  }
  if (authorize !== undefined && typeof authorize !== 'function') {
    throw new TidemarkError('invalid_input', 'must be a function', { field: 'authorize' });
  }
  const parsed = parseWire(settings, rest);
  checkPairs(parsed.limits, parsed.backlogBytes);
  const nodeId = (parsed.nodeId ?? createIdSource().commandId(clock.now())) as string as NodeId;
  const stores = parseStorage(storage);
  const retention = parseRetention(rest.retention, parsed.retention, stores.inbox.retention);
  return { settings: { ...parsed, retention, nodeId, clock, random }, storage: stores };
}

/** One retention, in one place: an inbox store that expires rows by itself says how long they are kept. */
function parseRetention(given: number | undefined, parsed: number, ofInbox: number | undefined): number {
  if (ofInbox === undefined) return parsed;
  if (given === undefined || given === ofInbox) return ofInbox;
  throw new TidemarkError(
    'invalid_input',
    `must be absent, or ${ofInbox} as the inbox store has it, which removes entries by itself`,
    { field: 'retention' },
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
