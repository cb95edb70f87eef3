import type { Clock } from '@tidemark/core';
import type { Health } from '../health.ts';
import type { Nodes } from '../notify/nodes.ts';
import type { ServerEventBus } from '../server-events.ts';

const CAUSE = 'workers';

/**
 * Looks, on a process that writes no partition itself, whether any other does: where none is left, commands are queued and
 * wait, and their senders would hear `outcome_unknown` without anybody knowing why.
 *
 * Proved  test/deployment/worker-watch.test.ts
 */
export class WorkerWatch {
  readonly #options: WorkerWatchOptions;
  readonly #closing = new AbortController();
  /** Monotonic ms of the first look that found none, since one was found. */
  #noneSince: number | undefined;
  #isTold = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: WorkerWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop = this.#watch();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#loop;
  }

  async #watch(): Promise<void> {
    const { nodes, clock, events, leaseTtlMs } = this.#options;
    const { signal } = this.#closing;
    const delayMs = leaseTtlMs / 3;
    for (let attempt = 0; !signal.aborted; ) {
      try {
        this.#judge((await nodes.workers()).length);
        attempt = 0;
      } catch (error) {
        // Nobody knows. Workers could not say that they live either, and have to be given the time for it.
        this.#noneSince = undefined;
        events.emit('retried', { what: 'workers', attempt: attempt++, delayMs, error });
      }
      await clock.sleep(delayMs, signal);
    }
  }

  #judge(workers: number): void {
    const { clock, events, health, leaseTtlMs } = this.#options;
    if (workers > 0) {
      this.#noneSince = undefined;
      this.#isTold = false;
      health.well(CAUSE);
      return;
    }
    this.#noneSince ??= clock.monotonic();
    const ms = clock.monotonic() - this.#noneSince;
    if (ms < leaseTtlMs || this.#isTold || this.#closing.signal.aborted) return;
    this.#isTold = true;
    health.trouble(
      CAUSE,
      'no process writes: commands are queued, and wait until one is started without `worker: false`',
    );
    events.emit('workers-missed', { ms });
  }
}

export interface WorkerWatchOptions {
  readonly nodes: Pick<Nodes, 'workers'>;
  /** ms after which a silent worker is no longer listed, and for which none must have been listed. */
  readonly leaseTtlMs: number;
  readonly clock: Clock;
  readonly events: ServerEventBus;
  readonly health: Health;
}
