import { z } from 'zod';
import { DEFAULT_BACKLOG_BYTES, DEFAULT_DEAD_LETTER_RETENTION_MS, DEFAULT_MAXMEMORY_SHARE } from './backplane.ts';
import { count, HOUR, ms } from './option-rules.ts';

/** `createMessaging({ tuning })`: times, batches and bounds for operators. Each has a default, and is checked at start. */
export interface MessagingTuning {
  /** ms a send waits for its receipt before it fails with `outcome_unknown`. Default 10,000. */
  readonly receiptTimeoutMs?: number | undefined;
  /** ms an allocated seq may stay unfilled before readers close it with a void. Default 2,000. */
  readonly voidAfterMs?: number | undefined;
  /** ms after which a silent worker has lost its partitions. Default 3,000. */
  readonly leaseTtlMs?: number | undefined;
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
  /** ms from the first of these failures to the last, at least. Until then its sender gets no final error. Default 30,000. */
  readonly parkAfterMs?: number | undefined;
  /** ms between two comparisons of the feeds' cursors with the heads. Default 3,000. */
  readonly headsEveryMs?: number | undefined;
  /** ms a node's presence lasts without renewal. Default 30,000. */
  readonly presenceTtlMs?: number | undefined;
  /**
   * ms a call waits for the process to open, while its store or its queue cannot be reached; then it fails with `unavailable`.
   * Opening is tried for as long as it takes. Default 5,000.
   */
  readonly openTimeoutMs?: number | undefined;
  /**
   * ms by which this process' wall clock may differ from those of the store and of Redis, 5,000 to 86,400,000. Beyond it the
   * process takes no part until its clock is right again. Where history, inbox and Redis have clocks that disagree, half of
   * them have to agree with it. Default 300,000 (5 minutes).
   */
  readonly maxClockSkewMs?: number | undefined;
  /** ms `close` waits for commands in work. Default 5,000. */
  readonly drainTimeoutMs?: number | undefined;
  /**
   * ms after which `close` resolves although something is still under way, such as a call of the storage that hangs; the
   * event `close-timed-out` says what. Nothing acknowledged is lost: other workers carry out what is queued. Default 10,000.
   */
  readonly closeTimeoutMs?: number | undefined;
}

export const tuning = z.strictObject({
  receiptTimeoutMs: ms(100, HOUR).default(10_000),
  voidAfterMs: ms(10, HOUR).default(2_000),
  leaseTtlMs: ms(100, HOUR).default(3_000),
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
  headsEveryMs: ms(50, HOUR).default(3_000),
  presenceTtlMs: ms(300, HOUR).default(30_000),
  openTimeoutMs: ms(0, HOUR).default(5_000),
  maxClockSkewMs: ms(5_000, 24 * HOUR).default(5 * 60_000),
  drainTimeoutMs: ms(0, HOUR).default(5_000),
  closeTimeoutMs: ms(0, HOUR).default(10_000),
});
