import { backlogFull } from './backlog-full.ts';
import type { IngressStream, PartitionReader, StreamEntry } from './ingress-stream.ts';

/** The streams of one deployment; what its processes share. Made by {@link createMemoryStreams}. */
export interface MemoryStreams {
  readonly partitions: Map<number, MemoryPartition>;
}

interface MemoryPartition {
  /** What was appended `at` a time (ms) and not yet acknowledged, in order; `read` once some reader was given it. */
  readonly entries: Map<number, { readonly body: string; readonly bytes: number; readonly at: number; read: boolean }>;
  readonly dead: DeadLetter[];
  /** Readers that wait for an entry. */
  readonly waiting: Set<() => void>;
  lastId: number;
  /** Of the bodies of `entries`; stale where these were cleared. */
  bytes: number;
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
  const created: MemoryPartition = { entries: new Map(), dead: [], waiting: new Set(), lastId: 0, bytes: 0 };
  streams.partitions.set(partition, created);
  return created;
}

/**
 * IngressStream in memory. A partition holds exactly what is not acknowledged, so whoever opens it begins at its first
 * entry; a reader remembers only how far it has read.
 */
export function memoryIngressStream(
  streams: MemoryStreams,
  options: {
    backlog: number;
    backlogBytes: number;
    deadLetters: number;
    deadLetterRetentionMs: number;
    now: () => number;
  },
): IngressStream {
  return {
    append: async (partition, body) => {
      const stream = memoryPartition(streams, partition);
      if (stream.entries.size >= options.backlog) {
        throw backlogFull(partition, 'backlog', options.backlog);
      }
      const bytes = Buffer.byteLength(body);
      if (bytesOf(stream) + bytes > options.backlogBytes) {
        throw backlogFull(partition, 'backlogBytes', options.backlogBytes);
      }
      stream.lastId += 1;
      stream.entries.set(stream.lastId, { body, bytes, at: options.now(), read: false });
      stream.bytes += bytes;
      for (const wake of stream.waiting) wake();
    },
    open: (partition) => new MemoryPartitionReader(memoryPartition(streams, partition), options),
    backlog: async (partition) => memoryPartition(streams, partition).entries.size,
    lag: async (partition) => {
      const [oldest] = memoryPartition(streams, partition).entries.values();
      return oldest ? Math.max(0, options.now() - oldest.at) : 0;
    },
  };
}

/** What is wiped from outside takes its bytes along. */
function bytesOf(partition: MemoryPartition): number {
  if (partition.entries.size === 0) partition.bytes = 0;
  return partition.bytes;
}

/** Whether the entry was there. */
function remove(partition: MemoryPartition, id: string): boolean {
  partition.bytes -= partition.entries.get(Number(id))?.bytes ?? 0;
  return partition.entries.delete(Number(id));
}

class MemoryPartitionReader implements PartitionReader {
  readonly #partition: MemoryPartition;
  readonly #options: { deadLetters: number; deadLetterRetentionMs: number; now: () => number };
  #position = 0;
  #closed = false;
  /** Ends the wait of a read; there while one waits. */
  #wake: (() => void) | undefined;

  constructor(
    partition: MemoryPartition,
    options: { deadLetters: number; deadLetterRetentionMs: number; now: () => number },
  ) {
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

  async readNow(limit: number, signal: AbortSignal): Promise<StreamEntry[]> {
    return this.#closed || signal.aborted ? [] : this.#take(limit);
  }

  async acknowledge(ids: readonly string[]): Promise<void> {
    for (const id of ids) remove(this.#partition, id);
  }

  async park(entry: StreamEntry, reason: string): Promise<void> {
    if (!remove(this.#partition, entry.id)) return;
    const { dead } = this.#partition;
    dead.push({ body: entry.body, reason, at: this.#options.now() });
    const { deadLetters, deadLetterRetentionMs, now } = this.#options;
    const recent = dead.findIndex(({ at }) => at >= now() - deadLetterRetentionMs);
    dead.splice(0, Math.max(recent, dead.length - deadLetters));
  }

  async removeDead(matches: (body: string) => boolean): Promise<void> {
    const { dead } = this.#partition;
    dead.splice(0, dead.length, ...dead.filter(({ body }) => !matches(body)));
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
