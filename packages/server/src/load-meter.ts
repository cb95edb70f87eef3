import { type Clock, UnavailableError } from '@tidemark/core';
import type { IngressStream } from './ingress/ingress-stream.ts';
import type { Load, PartitionLoad } from './load-report.ts';
import type { ServerEventBus } from './server-events.ts';

const EVERY_MS = 5_000;

/**
 * Emits `load-measured`, every 5 s while somebody listens. What it costs (a look at every socket, two small questions to the queue for each
 * partition of this process) nobody pays who does not.
 */
export class LoadMeter {
  readonly #options: LoadMeterOptions;
  readonly #closing = new AbortController();
  #measuring: Promise<void> | undefined;

  constructor(options: LoadMeterOptions) {
    this.#options = options;
  }

  /** Somebody listens. */
  start(): void {
    if (!this.#closing.signal.aborted) this.#measuring ??= this.#measure();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#measuring;
  }

  async #measure(): Promise<void> {
    const { clock, events } = this.#options;
    const { signal } = this.#closing;
    // In a turn of its own, so that the one who listens has its listener.
    await Promise.resolve();
    while (!signal.aborted && events.isHeard('load-measured')) {
      const load = await this.#load();
      if (!signal.aborted) events.emit('load-measured', load);
      await clock.sleep(EVERY_MS, signal);
    }
    this.#measuring = undefined;
  }

  async #load(): Promise<Load> {
    const { partitions, owned, held } = this.#options;
    const loads = await Promise.all(owned().map((partition) => this.#partitionLoad(partition)));
    const { bufferedBytes, ...counts } = held();
    return {
      partitions,
      owned: loads.flatMap((load) => load ?? []),
      ...counts,
      sockets: bufferedBytes.length,
      bufferedBytes: bufferedBytes.reduce((sum, bytes) => sum + bytes, 0),
      fullestSocketBytes: bufferedBytes.reduce((most, bytes) => Math.max(most, bytes), 0),
    };
  }

  async #partitionLoad(partition: number): Promise<PartitionLoad | undefined> {
    const { ingress } = this.#options;
    try {
      const [backlog, lagMs] = await Promise.all([ingress.backlog(partition), ingress.lag(partition)]);
      return { partition, backlog, lagMs };
    } catch (error) {
      if (error instanceof UnavailableError) return undefined;
      throw error;
    }
  }
}

export interface LoadMeterOptions {
  readonly clock: Clock;
  readonly events: ServerEventBus;
  /** Of the deployment. */
  readonly partitions: number;
  /** Partitions that this process writes now. */
  readonly owned: () => readonly number[];
  readonly ingress: Pick<IngressStream, 'backlog' | 'lag'>;
  readonly held: () => Pick<Load, 'waiting' | 'feeds' | 'users'> & {
    /** Bytes that wait to be written to each socket. */
    readonly bufferedBytes: readonly number[];
  };
}
