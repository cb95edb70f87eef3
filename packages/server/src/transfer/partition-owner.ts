import { backoff, type Clock, type NodeId, type Random } from '@tidemark/core';
import { KNOWN_TO_WORKERS } from '../features/commands.ts';
import { hashOf } from '../hash.ts';
import type { IngressStream, PartitionReader } from '../ingress/ingress-stream.ts';
import type { LimitEvents } from '../limit-events.ts';
import type { Nodes } from '../notify/nodes.ts';
import type { ServerEventBus } from '../server-events.ts';
import { BatchBarrier } from './batch-barrier.ts';
import { FairQueue } from './fair-queue.ts';
import type { PartitionLeases } from './partition-leases.ts';
import type { Transfer } from './transfer.ts';

/**
 * Decides which partitions this worker writes, and runs a reader for each, with one `BatchBarrier` for all. Part of stage 3.
 *
 * At every heartbeat the worker renews its row in the list of live workers and computes its partitions from that list (rendezvous
 * hashing: when a worker joins or leaves, only its partitions move). It acquires their leases as they become free, and releases
 * those of other workers. The leases of a worker that dies expire after `leaseTtlMs`.
 *
 * Keeps   P5 (in the ordinary case; the store's keys do in the others), P7 a dead owner's entries are taken over
 * Proved  test/transfer/partition-owner.test.ts, test/fault/worker-killed.services.test.ts
 */
export class PartitionOwner {
  readonly #options: PartitionOwnerOptions;
  readonly #runs = new Map<number, Run>();
  /** Partitions that were released while their last batch is still running. */
  readonly #leaving = new Map<number, Promise<void>>();
  readonly #closing = new AbortController();
  readonly #barrier: BatchBarrier;
  #heartbeat: Promise<void> = Promise.resolve();

  constructor(options: PartitionOwnerOptions) {
    this.#options = options;
    this.#barrier = new BatchBarrier(options.clock);
  }

  start(): void {
    this.#heartbeat = this.#beat();
  }

  /** Partitions written by this node now. */
  get owned(): number[] {
    return [...this.#runs.keys()];
  }

  /** Partitions that were released while their last batch is still running. */
  get leaving(): number[] {
    return [...this.#leaving.keys()];
  }

  /** Finishes the batches in work, then frees the leases so that others take over at once. */
  async close(): Promise<void> {
    this.#closing.abort();
    // Don't await the heartbeat first: a hung lease call must not keep this worker writing.
    for (const partition of this.#runs.keys()) this.#leave(partition, 'closed');
    await this.#heartbeat;
    await Promise.all(this.#leaving.values());
    await this.#options.nodes.withdraw(this.#options.nodeId).catch(() => {});
  }

  async #beat(): Promise<void> {
    const { clock, leaseTtlMs, events, random } = this.#options;
    let failures = 0;
    while (!this.#closing.signal.aborted) {
      let delayMs = leaseTtlMs / 3;
      try {
        await this.#balance();
        failures = 0;
      } catch (error) {
        delayMs = Math.min(delayMs, backoff(failures, { baseMs: 50, capMs: 1_000, random }));
        events.emit('retried', { what: 'lease', attempt: failures++, delayMs, error });
      }
      await clock.sleep(delayMs, this.#closing.signal);
    }
  }

  async #balance(): Promise<void> {
    const { nodes, nodeId, leases, leaseTtlMs, partitions, takesPart } = this.#options;
    if (!takesPart()) {
      for (const partition of [...this.#runs.keys()]) this.#leave(partition, 'lost');
      return;
    }
    await nodes.announce(nodeId, 'worker', leaseTtlMs, KNOWN_TO_WORKERS);
    const workers = (await nodes.workers()).map((worker) => worker.nodeId);
    await Promise.all(
      Array.from({ length: partitions }, async (_, partition) => {
        const mine = preferredWorker(partition, workers) === nodeId;
        if (!mine) return this.#leave(partition, 'moved');
        // Not before its last batch has ended: two readers of one process would write against each other.
        if (this.#leaving.has(partition)) return;
        const held = await leases.acquire(partition, nodeId, leaseTtlMs);
        if (!held) return this.#leave(partition, 'lost');
        if (this.#runs.has(partition)) return;
        if (this.#closing.signal.aborted) await leases.release(partition, nodeId);
        else this.#run(partition);
      }),
    );
  }

  #run(partition: number): void {
    const { nodeId, events } = this.#options;
    const stop = new AbortController();
    events.emit('takeover', { partition, nodeId });
    this.#runs.set(partition, { stop, ended: this.#read(partition, stop.signal) });
  }

  /** Reads until `stop` aborts. After any failure the partition is opened anew, which brings back what was not acknowledged. */
  async #read(partition: number, stop: AbortSignal): Promise<void> {
    const { ingress, clock, random, events, batch, batchRows, limitEvents } = this.#options;
    for (let failures = 0; !stop.aborted; ) {
      const reader = ingress.open(partition);
      const transfer = this.#options.transfer(partition, reader, () => this.#holds(partition, stop));
      const queue = new FairQueue(reader, {
        ...this.#options,
        get batchRows() {
          return Math.min(batchRows, transfer.batchRows);
        },
        weigh: (body) => transfer.weigh(body),
        reached: (limit) => limitEvents.reached(`tuning.${limit}`, { partition }),
      });
      const ends = AbortSignal.any([stop, transfer.broken]);
      try {
        while (!stop.aborted) {
          await transfer.completeUndelivered();
          await this.#barrier.wait();
          const turn = transfer.nextTurn;
          const entries = await this.#until(turn, ends, (signal) => queue.read(batch, signal));
          if (entries.length > 0 || turn !== undefined || transfer.broken.aborted)
            queue.putBack(await this.#barrier.run(() => transfer.carryOut(entries, stop)));
          failures = 0;
        }
      } catch (error) {
        const delayMs = backoff(failures, { baseMs: 50, capMs: 1_000, random });
        events.emit('retried', { what: 'read', attempt: failures++, delayMs, error, partition });
        await clock.sleep(delayMs, stop);
      } finally {
        await transfer.published();
        await reader.close();
      }
    }
  }

  /** Ends the wait for commands when something else is to be done. @param turn monotonic ms */
  async #until<T>(turn: number | undefined, stop: AbortSignal, read: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (turn === undefined) return read(stop);
    const { clock } = this.#options;
    const ended = new AbortController();
    const end = (): void => ended.abort();
    stop.addEventListener('abort', end, { once: true });
    if (stop.aborted) end();
    void clock.sleep(Math.max(turn - clock.monotonic(), LEAST_WAIT), ended.signal).then(end);
    try {
      return await read(ended.signal);
    } finally {
      stop.removeEventListener('abort', end);
      end();
    }
  }

  /** Asked of the one who keeps the leases, since a heartbeat may be older than the pause that cost this worker its own. */
  async #holds(partition: number, stop: AbortSignal): Promise<boolean> {
    const { leases, nodeId, leaseTtlMs } = this.#options;
    return !stop.aborted && leases.acquire(partition, nodeId, leaseTtlMs);
  }

  /** Stops reading at once. Nobody waits for the batch in work: one that hangs must not keep the other leases from renewal. */
  #leave(partition: number, reason: 'moved' | 'lost' | 'closed'): void {
    const run = this.#runs.get(partition);
    if (!run) return;
    this.#runs.delete(partition);
    run.stop.abort();
    this.#leaving.set(partition, this.#release(partition, run.ended, reason));
  }

  async #release(partition: number, ended: Promise<void>, reason: 'moved' | 'lost' | 'closed'): Promise<void> {
    const { leases, nodeId, events } = this.#options;
    await ended;
    if (reason !== 'lost') await leases.release(partition, nodeId).catch(() => {});
    this.#leaving.delete(partition);
    events.emit('released', { partition, nodeId, reason });
  }
}

/** ms for which commands are waited for at least: what waits apart and is due must not keep them from being read. */
const LEAST_WAIT = 20;

export interface PartitionOwnerOptions {
  /** Whether this process may write at all: the backplane is its deployment's. */
  readonly takesPart: () => boolean;
  readonly nodeId: NodeId;
  readonly partitions: number;
  /** ms after which a silent worker has lost its partitions. */
  readonly leaseTtlMs: number;
  /** Entries of one batch at most. */
  readonly batch: number;
  /** See `FairQueue`. */
  readonly batchRows: number;
  readonly batchBytes: number;
  readonly readAhead: number;
  readonly readAheadBytes: number;
  readonly limitEvents: LimitEvents;
  readonly nodes: Nodes;
  readonly leases: PartitionLeases;
  readonly ingress: IngressStream;
  readonly events: ServerEventBus;
  readonly clock: Clock;
  readonly random: Random;
  readonly transfer: (partition: number, reader: PartitionReader, holdsLease: () => Promise<boolean>) => Transfer;
}

interface Run {
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/**
 * The worker with the highest hash for the partition.
 * Source: Thaler, Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", 1998 (rendezvous hashing).
 */
export function preferredWorker(partition: number, workers: readonly NodeId[]): NodeId | undefined {
  let best: NodeId | undefined;
  let bestScore = -1;
  for (const worker of [...workers].sort()) {
    const score = hashOf(`${partition}/${worker}`);
    if (score > bestScore) {
      best = worker;
      bestScore = score;
    }
  }
  return best;
}
