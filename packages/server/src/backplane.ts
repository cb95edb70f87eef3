import type { Epoch } from '@tidemark/core';
import type { Claims } from './deployment/claims.ts';
import type { InboxSeq } from './inbox/inbox-seq.ts';
import type { IngressStream } from './ingress/ingress-stream.ts';
import type { Nodes } from './notify/nodes.ts';
import type { Notifier } from './notify/notifier.ts';
import type { Presence } from './notify/presence.ts';
import type { PartitionLeases } from './transfer/partition-leases.ts';
import type { Refusals } from './transfer/refusals.ts';

/**
 * Everything the processes of a deployment share beside the store: queue, counters and switchboard. On Redis for several
 * processes, in memory for one. Nothing in it is the only home of anything acknowledged.
 */
export interface Backplane {
  /** Whose it is. */
  readonly claims: Claims;
  readonly ingress: IngressStream;
  readonly leases: PartitionLeases;
  readonly refusals: Refusals;
  /** The counters of one inbox store. */
  inboxSeq(epoch: Epoch): InboxSeq;
  readonly nodes: Nodes;
  readonly presence: Presence;
  readonly notifier: Notifier;
  /** Wall time by the clock of the service, ms since 1970; absent where that is this process. */
  readonly wallTime?: (() => Promise<number>) | undefined;
  /** Closes connections it opened itself; never the one the application handed in. */
  close(): Promise<void>;
}

/** 64 MiB: a thousand commands of the largest content, or some 200,000 small ones. */
export const DEFAULT_BACKLOG_BYTES = 64 * 1024 * 1024;

/** Leaves a tenth for what carries the queue out, and for everything else that lives there. */
export const DEFAULT_MAXMEMORY_SHARE = 0.9;

/** 30 days. */
export const DEFAULT_DEAD_LETTER_RETENTION_MS = 30 * 24 * 3_600_000;

/** What every backplane is made with. */
export interface BackplaneOptions {
  readonly partitions: number;
  /** Entries a partition may hold before `append` refuses. */
  readonly backlog: number;
  /** Bytes that the commands in a partition may have before `append` refuses. Default DEFAULT_BACKLOG_BYTES. */
  readonly backlogBytes?: number | undefined;
  /** Bytes that one command has at most, so that few commands need no counting. Default: unknown, and all are counted. */
  readonly commandBytes?: number | undefined;
  /** Dead letters kept per partition; the oldest are dropped beyond. */
  readonly deadLetters: number;
  /** ms for which they are kept: those past it go with the next one, or all when there was none. Default 30 days. */
  readonly deadLetterRetentionMs?: number | undefined;
}
