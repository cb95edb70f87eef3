import { type TidemarkError, UnavailableError } from '@tidemark/core';
import type { RedisClient } from '../redis/client.ts';
import { isOutOfMemory } from '../redis/failure.ts';
import type { RedisKeys } from '../redis/keys.ts';
import type { RedisCalls } from '../redis/redis-calls.ts';
import { RedisMemory } from '../redis/redis-memory.ts';
import { lagOf, redisTime } from '../redis/redis-time.ts';
import * as scripts from '../redis/scripts.ts';
import { backlogFull, memoryFull } from './backlog-full.ts';
import type { IngressStream, PartitionReader } from './ingress-stream.ts';
import { RedisPartitionReader } from './redis-partition-reader.ts';
import { type RawEntry, RedisStreamReads } from './redis-stream-reads.ts';

/** What one append script takes at most: it must not hold Redis up for others. */
const BATCH_ENTRIES = 500;
const BATCH_CHARACTERS = 1 << 20;

/** IngressStream on Redis Streams: one stream per partition, which holds exactly what is not yet carried out. */
export class RedisIngressStream implements IngressStream {
  readonly #calls: RedisCalls;
  readonly #client: RedisClient;
  readonly #keys: RedisKeys;
  readonly #options: StreamOptions;
  readonly #memory: RedisMemory;
  readonly #queues = new Map<number, AppendQueue>();
  /** Of the partitions of this process, where all are on one server. */
  readonly #reads: RedisStreamReads;
  readonly #readers = new Set<RedisPartitionReader>();

  constructor(calls: RedisCalls, client: RedisClient, keys: RedisKeys, options: StreamOptions) {
    this.#calls = calls;
    this.#client = client;
    this.#keys = keys;
    this.#options = options;
    this.#memory = new RedisMemory(calls);
    this.#reads = new RedisStreamReads(calls, client);
  }

  append(partition: number, body: string): Promise<void> {
    const { maxmemoryShare } = this.#options;
    // Before it is full: what carries the queue out needs room as well, and other things of the application may live there.
    if (this.#memory.share > maxmemoryShare) return Promise.reject(memoryFull(maxmemoryShare));
    let queue = this.#queues.get(partition);
    if (!queue) {
      queue = new AppendQueue(this.#calls, this.#keys, partition, this.#options);
      this.#queues.set(partition, queue);
    }
    return queue.append(body);
  }

  open(partition: number): PartitionReader {
    // Partitions of a cluster may be on different servers.
    const reads = this.#calls.isCluster ? new RedisStreamReads(this.#calls, this.#client) : this.#reads;
    const reader = new RedisPartitionReader({
      calls: this.#calls,
      reads,
      commands: this.#keys.commands(partition),
      backlog: this.#keys.backlog(partition),
      dead: this.#keys.dead(partition),
      uncounted: this.#options.uncounted,
      deadLetters: this.#options.deadLetters,
      deadLetterRetentionMs: this.#options.deadLetterRetentionMs,
      onClose: async () => {
        this.#readers.delete(reader);
        if (reads !== this.#reads) await reads.close();
      },
    });
    this.#readers.add(reader);
    return reader;
  }

  async backlog(partition: number): Promise<number> {
    return Number(await this.#calls.command('xlen', this.#keys.commands(partition)));
  }

  async lag(partition: number): Promise<number> {
    const [entries, now] = await Promise.all([
      this.#calls.command('xrange', this.#keys.commands(partition), '-', '+', 'COUNT', 1),
      redisTime(this.#calls),
    ]);
    const [oldest] = entries as RawEntry[];
    return lagOf(oldest, now);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#readers].map((reader) => reader.close()));
    await this.#reads.close();
  }
}

/**
 * Appends of one process to one partition. One script is under way at a time, and what is appended meanwhile goes with the
 * next: their order holds through every redirection and repeat inside the client, and under load many share a round trip.
 */
class AppendQueue {
  readonly #calls: RedisCalls;
  readonly #keys: readonly string[];
  readonly #partition: number;
  readonly #options: StreamOptions;
  #waiting: WaitingAppend[] = [];
  /** Characters of the bodies that wait. */
  #characters = 0;
  #sending = false;

  constructor(calls: RedisCalls, keys: RedisKeys, partition: number, options: StreamOptions) {
    this.#calls = calls;
    this.#keys = [keys.commands(partition), keys.backlog(partition)];
    this.#partition = partition;
    this.#options = options;
  }

  append(body: string): Promise<void> {
    const { backlog, backlogBytes } = this.#options;
    if (this.#waiting.length >= backlog) return Promise.reject(this.#full('backlog'));
    if (this.#characters + body.length > backlogBytes) return Promise.reject(this.#full('backlogBytes'));
    this.#characters += body.length;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ body, resolve, reject });
      if (this.#sending) return;
      this.#sending = true;
      // What is appended in the same tick goes along.
      queueMicrotask(() => void this.#sendAll());
    });
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#take();
      try {
        const bodies = batch.map((append) => append.body);
        const { backlog, backlogBytes, uncounted } = this.#options;
        const args = [backlog, backlogBytes, uncounted, ...bodies];
        const reply = await this.#calls.run(scripts.append, this.#keys, args);
        const [accepted, full] = reply as [number, number];
        for (const [index, append] of batch.entries()) {
          if (index < accepted) append.resolve();
          else append.reject(this.#full(full === 1 ? 'backlog' : 'backlogBytes'));
        }
      } catch (error) {
        // Those that wait have waited for the same server, and would otherwise wait as long once more.
        const reason = isOutOfMemory(error) ? memoryFull(1) : error;
        const failed = error instanceof UnavailableError ? [...batch, ...this.#takeFirst(this.#waiting.length)] : batch;
        for (const append of failed) append.reject(reason);
      }
    }
    this.#sending = false;
  }

  #take(): WaitingAppend[] {
    let characters = 0;
    let count = 0;
    for (const { body } of this.#waiting) {
      characters += body.length;
      if (count === BATCH_ENTRIES || (count > 0 && characters > BATCH_CHARACTERS)) break;
      count += 1;
    }
    return this.#takeFirst(count);
  }

  #takeFirst(count: number): WaitingAppend[] {
    const taken = this.#waiting.splice(0, count);
    for (const { body } of taken) this.#characters -= body.length;
    return taken;
  }

  #full(limit: 'backlog' | 'backlogBytes'): TidemarkError {
    return backlogFull(this.#partition, limit, this.#options[limit]);
  }
}

interface StreamOptions {
  readonly backlog: number;
  readonly backlogBytes: number;
  /** Commands that cannot have as many bytes, whatever they are: their bytes need no counting. */
  readonly uncounted: number;
  /** Share of Redis' `maxmemory` in use beyond which `append` refuses. */
  readonly maxmemoryShare: number;
  readonly deadLetters: number;
  readonly deadLetterRetentionMs: number;
}

interface WaitingAppend {
  readonly body: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}
