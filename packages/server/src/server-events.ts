import type {
  CommandId,
  Content,
  ContentMap,
  DeploymentError,
  ErrorCode,
  EventRef,
  MessageId,
  NodeId,
  ResetReason,
  Seq,
  TidemarkError,
  UserId,
} from '@tidemark/core';
import type { ClosingStep } from './closing.ts';
import type { HealthReport } from './health-report.ts';
import type { Load } from './load-report.ts';

/**
 * What happens inside, as events: what logs, metrics and tests listen to. Names are past tense; every payload is a plain
 * object. Listeners run synchronously in the hot path: keep them short. One that throws is reported on `listener.failed`.
 */
export interface ServerEvents {
  /** A batch is durable. `messages` of the events are messages; `rows` inbox rows were written with them. */
  committed: { partition: number; events: number; messages: number; rows: number; commands: number; ms: number };
  /**
   * Messages were revoked, and what they said is erased from the store: what else holds it, such as files that they name, is the
   * application's to delete. On the worker that did so, after the commit; told again, without contents, when the command is carried
   * out again, as after a crash in between.
   */
  erased: { partition: number; messages: readonly ErasedMessage[] };
  /** Committed events were handed to this many nodes. */
  published: { partition: number; events: number; nodes: number; replies: number };
  /** Something that may pass failed and is tried again after `delayMs`. */
  retried: { what: RetriedStep; attempt: number; delayMs: number; error: unknown; partition?: number };
  /** Another writer was faster, a command was repeated, or a seq was taken; the batch runs again. */
  conflicted: { partition: number; conflict: 'event' | 'entry'; attempt: number };
  /** Commands that had been carried out before were answered with what they did then. */
  repeated: { partition: number; commands: number };
  /** A hook of the application threw, answered with what can't be used, or took longer than `hooks.timeoutMs` or `reportTimeoutMs`. */
  'hook-failed': { hook: `before${string}` | 'onReport'; userId: UserId; error: unknown };
  /** The writer refused a command, and its sender got the error. */
  rejected: { partition: number; error: TidemarkError };
  /** A command failed alone, with the store well for others: it is tried again apart from the rest of its partition. */
  'set-aside': { partition: number; entryId: string; error: unknown };
  /** The store refuses what every commit needs: commands wait. Told once for each reason. */
  'store-failed': { reason: string; error: unknown };
  /** It is well again, after `ms`. */
  'store-recovered': { ms: number };
  /**
   * The store has an event no more that it had: a backup was restored, or a replica was promoted that lacked commits. Every open
   * feed starts again; devices that come later are told if they stand on what was lost. Told by whoever notices.
   */
  'store-set-back': { lost: EventRef };
  /** A command was parked with its reason, and its sender got the error. */
  'dead-lettered': { partition: number; entryId: string; reason: string; error: unknown };
  /** This node took over a partition. */
  takeover: { partition: number; nodeId: NodeId };
  /** This node gave a partition up: `moved` to another worker, `lost` its lease, or `closed`. */
  released: { partition: number; nodeId: NodeId; reason: 'moved' | 'lost' | 'closed' };
  /** Counters that were missing were restored from the inbox store. */
  'counters-restored': { users: number };
  /** Counters were behind the store and were raised. */
  'counters-raised': { users: number };
  /** A counter stood too far above the newest entry in the store to be true, and was thrown away: it is restored. */
  'counter-implausible': { userId: UserId; seq: Seq; head: Seq };
  /** Rows and frames of a half-done commit were completed. */
  completed: { partition: number; events: number; rows: number };
  /** Seqs that stayed unfilled were closed with voids. */
  'void-written': { userId: UserId; seqs: readonly Seq[] };
  /** A frame did not reach a node; its feeds will find out by comparing heads. */
  'publish-failed': { nodeId: NodeId | null; error: unknown };
  /**
   * Something in the queue, or a frame, belongs to another deployment (`of`, in short; empty when it names none). It was neither
   * carried out nor shown.
   */
  'stranger-refused': { what: 'command' | 'frame'; of: string };
  /** The backplane turned out to be another deployment's, or to have other settings: this process takes no part until it is over. */
  'deployment-refused': { error: DeploymentError };
  /**
   * The wall clock of this process is `aheadMs` ahead (behind: negative) of those of the store and of Redis: it takes no part
   * until its clock is right again, which `health-changed` tells.
   */
  'clock-refused': { aheadMs: number; error: DeploymentError };
  /** A client was refused, since its release is too far from this one; `wire` is the version that it says, if it does. */
  'client-refused': { userId: UserId; wire: number | undefined; error: TidemarkError };
  /** On a process with `worker: false`: for `ms` no worker was listed anywhere. Commands are queued, and wait. Told once. */
  'workers-missed': { ms: number };
  /** What `health` answers has changed. */
  'health-changed': HealthReport;
  'feed-opened': { userId: UserId; transport: FeedTransport };
  'feed-closed': { userId: UserId; transport: FeedTransport };
  /** A feed got a reset: its device rebuilds from a snapshot. */
  'feed-reset': { userId: UserId; reason: ResetReason };
  /** A feed that had missed a frame reads on from the store. */
  'gap-found': { userId: UserId; cursor: number; seen: number; by: 'frame' | 'heads' };
  /** A socket is full: its feed stops writing and will read on from its cursor once it has drained. */
  'slow-consumer': { userId: UserId; bufferedBytes: number };
  /** Rows past retention were removed. */
  purged: { rows: number };
  /**
   * A command that this process queued was answered by its writer `ms` later, or was given up; `error` where it was not carried
   * out. The latency of receipts, as their senders see it.
   */
  answered: { partition: number; ms: number; error?: TidemarkError };
  /**
   * A call of a procedure was answered with an error: `code` is that of the table, `internal` where `error` is none of it. `userId` is
   * absent where nobody is known to call.
   */
  refused: { code: ErrorCode | 'internal'; userId?: UserId; error: unknown };
  /** How much there is now: every 5 s, for as long as somebody listens. */
  'load-measured': Load;
  /** A caller exceeded a limit. */
  'rate-limited': { userId: UserId };
  /** A bound refused something, or put it off. `limit` is the option that sets it; at most one a second for each limit and caller. */
  'limit-reached': { limit: string } & LimitCaller;
  /**
   * `close` resolved after `ms` although these steps had not ended, nor the batches of these partitions. Their entries stay
   * queued, and other workers carry them out once the leases of this node have run out.
   */
  'close-timed-out': { ms: number; waitingFor: readonly ClosingStep[]; partitions: readonly number[] };
  /** A listener of these events threw. */
  'listener-failed': { event: string; error: unknown };
}

/** A message that was erased. */
export interface ErasedMessage extends EventRef {
  readonly messageId: MessageId;
  readonly senderId: UserId;
  readonly clientMessageId: CommandId;
  /**
   * What it said in each of its versions, the first one first: of edits a beginning, where those of a command have more than 16 MiB.
   * Empty where it was erased before.
   */
  readonly contents: readonly Content<ContentMap>[];
}

/** Who reached a limit, as far as it is known. */
export interface LimitCaller {
  readonly userId?: UserId | undefined;
  /** Remote address of the connection. */
  readonly address?: string | undefined;
  readonly partition?: number | undefined;
}

export type RetriedStep =
  | 'open'
  | 'claim'
  | 'clock'
  | 'witness'
  | 'read'
  | 'carry-out'
  | 'acknowledge'
  | 'erase'
  | 'complete'
  | 'lease'
  | 'workers'
  | 'feed'
  | 'presence'
  | 'heads'
  | 'purge'
  | 'listen';
export type FeedTransport = 'socket' | 'generator';

export type ServerEventName = keyof ServerEvents;

/** The typed emitter behind `messaging.on`. */
export class ServerEventBus {
  readonly #listeners = new Map<ServerEventName, Set<(payload: never) => void>>();

  /** Returns a function that removes the listener. */
  on<Name extends ServerEventName>(name: Name, listener: (payload: ServerEvents[Name]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Whether anybody listens. */
  isHeard(name: ServerEventName): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }

  emit<Name extends ServerEventName>(name: Name, payload: ServerEvents[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        (listener as (payload: ServerEvents[Name]) => void)(payload);
      } catch (error) {
        if (name !== 'listener-failed') this.emit('listener-failed', { event: name, error });
      }
    }
  }
}
