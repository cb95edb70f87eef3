import { TidemarkError, UnavailableError } from '@tidemark/core';
import type { RedisClient } from '../redis/client.ts';
import type { RedisKeys } from '../redis/keys.ts';
import type { RedisCalls } from '../redis/redis-calls.ts';
import * as scripts from '../redis/scripts.ts';
import type { IngressStream, PartitionReader } from './ingress-stream.ts';
import { RedisPartitionReader } from './redis-partition-reader.ts';
import { RedisStreamReads } from './redis-stream-reads.ts';

/** What one append script takes at most: it must not hold Redis up for others. */
const BATCH_ENTRIES = 500;
const BATCH_CHARACTERS = 1 << 20;

/** IngressStream on Redis Streams: one stream per partition, which holds exactly what is not yet carried out. */
export class RedisIngressStream implements IngressStream {
  readonly #calls: RedisCalls;
  readonly #client: RedisClient;
  readonly #keys: RedisKeys;
  readonly #options: { backlog: number; deadLetters: number };
  readonly #queues = new Map<number, AppendQueue>();
  /** Of the partitions of this process, where all are on one server. */
  readonly #reads: RedisStreamReads;
  readonly #readers = new Set<RedisPartitionReader>();

  constructor(
    calls: RedisCalls,
    client: RedisClient,
    keys: RedisKeys,
    options: { backlog: number; deadLetters: number },
  ) {
    this.#calls = calls;
    this.#client = client;
    this.#keys = keys;
    this.#options = options;
    this.#reads = new RedisStreamReads(calls, client);
  }

  append(partition: number, body: string): Promise<void> {
    let queue = this.#queues.get(partition);
    if (!queue) {
      queue = new AppendQueue(this.#calls, this.#keys.commands(partition), partition, this.#options.backlog);
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
      dead: this.#keys.dead(partition),
      deadLetters: this.#options.deadLetters,
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
  readonly #key: string;
  readonly #partition: number;
  readonly #backlog: number;
  #waiting: WaitingAppend[] = [];
  #sending = false;

  constructor(calls: RedisCalls, key: string, partition: number, backlog: number) {
    this.#calls = calls;
    this.#key = key;
    this.#partition = partition;
    this.#backlog = backlog;
  }

  append(body: string): Promise<void> {
    if (this.#waiting.length >= this.#backlog) return Promise.reject(this.#full());
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
        const accepted = Number(await this.#calls.run(scripts.append, [this.#key], [this.#backlog, ...bodies]));
        for (const [index, append] of batch.entries()) {
          if (index < accepted) append.resolve();
          else append.reject(this.#full());
        }
      } catch (error) {
        // Those that wait have waited for the same server, and would otherwise wait as long once more.
        const failed = error instanceof UnavailableError ? [...batch, ...this.#waiting.splice(0)] : batch;
        for (const append of failed) append.reject(error);
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
    return this.#waiting.splice(0, count);
  }

  #full(): TidemarkError {
    return new TidemarkError('overloaded', `partition ${this.#partition} holds ${this.#backlog} entries`);
  }
}

interface WaitingAppend {
  readonly body: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}
