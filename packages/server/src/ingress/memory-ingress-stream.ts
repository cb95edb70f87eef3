import { TidemarkError } from '@tidemark/core';
import type { IngressStream, PartitionReader, StreamEntry } from './ingress-stream.ts';

/** The streams of one deployment; what its processes share. Made by {@link createMemoryStreams}. */
export interface MemoryStreams {
  readonly partitions: Map<number, MemoryPartition>;
}

interface MemoryPartition {
  /** What was appended and not yet acknowledged, in order; `read` once some reader was given it. */
  readonly entries: Map<number, { readonly body: string; read: boolean }>;
  readonly dead: DeadLetter[];
  /** Readers that wait for an entry. */
  readonly waiting: Set<() => void>;
  lastId: number;
}

export interface DeadLetter {
  readonly body: string;
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export function createMemoryStreams(): MemoryStreams {
  return { partitions: new Map() };
}

export function memoryPartition(streams: MemoryStreams, partition: number): MemoryPartition {
  const known = streams.partitions.get(partition);
  if (known) return known;
  const created: MemoryPartition = { entries: new Map(), dead: [], waiting: new Set(), lastId: 0 };
  streams.partitions.set(partition, created);
  return created;
}

/**
 * IngressStream in memory. A partition holds exactly what is not acknowledged, so whoever opens it begins at its first
 * entry; a reader remembers only how far it has read.
 */
export function memoryIngressStream(
  streams: MemoryStreams,
  options: { backlog: number; deadLetters: number; now: () => number },
): IngressStream {
  return {
    append: async (partition, body) => {
      const stream = memoryPartition(streams, partition);
      if (stream.entries.size >= options.backlog) {
        throw new TidemarkError('overloaded', `partition ${partition} holds ${options.backlog} entries`);
      }
      stream.lastId += 1;
      stream.entries.set(stream.lastId, { body, read: false });
      for (const wake of stream.waiting) wake();
    },
    open: (partition) => new MemoryPartitionReader(memoryPartition(streams, partition), options),
    backlog: async (partition) => memoryPartition(streams, partition).entries.size,
  };
}

class MemoryPartitionReader implements PartitionReader {
  readonly #partition: MemoryPartition;
  readonly #options: { deadLetters: number; now: () => number };
  #position = 0;
  #closed = false;
  /** Ends the wait of a read; there while one waits. */
  #wake: (() => void) | undefined;

  constructor(partition: MemoryPartition, options: { deadLetters: number; now: () => number }) {
    this.#partition = partition;
    this.#options = options;
  }

  async read(limit: number, signal: AbortSignal): Promise<StreamEntry[]> {
    while (!this.#closed && !signal.aborted) {
      const entries = this.#take(limit);
      if (entries.length > 0) return entries;
      await this.#wait(signal);
    }
    return [];
  }

  async acknowledge(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#partition.entries.delete(Number(id));
  }

  async park(entry: StreamEntry, reason: string): Promise<void> {
    if (!this.#partition.entries.delete(Number(entry.id))) return;
    const { dead } = this.#partition;
    dead.push({ body: entry.body, reason, at: this.#options.now() });
    dead.splice(0, dead.length - this.#options.deadLetters);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake?.();
  }

  #take(limit: number): StreamEntry[] {
    const taken: StreamEntry[] = [];
    for (const [id, entry] of this.#partition.entries) {
      if (id <= this.#position) continue;
      if (taken.length === limit) break;
      taken.push({ id: String(id), body: entry.body, redelivered: entry.read });
      entry.read = true;
      this.#position = id;
    }
    return taken;
  }

  /** Until something was appended, `signal` aborts, or the reader is closed. */
  #wait(signal: AbortSignal): Promise<void> {
    const { waiting } = this.#partition;
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wake = undefined;
        waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#wake = wake;
      waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
