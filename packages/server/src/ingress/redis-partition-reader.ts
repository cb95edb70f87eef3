import type { RedisCalls } from '../redis/redis-calls.ts';
import * as scripts from '../redis/scripts.ts';
import type { PartitionReader, StreamEntry } from './ingress-stream.ts';
import type { RawEntry, RedisStreamReads } from './redis-stream-reads.ts';

/** Ids in one XDEL. */
const CHUNK = 1_000;
const START = '0-0';
/** Dead letters that are looked at together. */
const LETTERS = 50;
/** Characters of a reason that are kept: it may hold what a store said of a whole statement. */
const REASON_LENGTH = 1_000;

/**
 * Reads a partition with plain XREAD, not through a consumer group. A group shares entries out among readers; here one
 * reader is to see all of them, in order, even while another one wrongly believes that the partition is still its own.
 * In a group that other one (a process that stood still, or a connection that the server still thinks is open) would be
 * given entries that nobody carries out, and two owners would each carry out a part, out of order. Since an entry is
 * deleted when it is acknowledged, the stream is the list of what is pending, and whoever opens it begins at its start.
 *
 * What the group would know, and is not known here, is whether an entry was read before. Everything that was in the stream
 * when the reader opened it is said to be `redelivered`: it may have been.
 *
 * Reading begins at the start again whenever this reader holds no entry, after every failure, and after a connection was
 * lost, even between two calls: so entries that come back below its position (a replica that took over had not seen them
 * deleted; the stream was wiped) are found.
 */
export class RedisPartitionReader implements PartitionReader {
  readonly #options: PartitionReaderOptions;
  readonly #closing = new AbortController();
  /** It is known what was there when it began to read, since the last failure. */
  #opened = false;
  /** Connections that had been lost when it last began to read. */
  #lost = 0;
  /** A fetch under way; it outlives a read that was aborted, and its entries go to the next one. */
  #fetching: Promise<void> | undefined;
  /** Fetched and not yet handed out. */
  #ready: StreamEntry[] = [];
  /** Fetched and not acknowledged, not to be fetched again: id → bytes of the body. */
  readonly #held = new Map<string, number>();
  /** Id after which the next fetch reads. */
  #position = START;
  /** Highest id that was there at the opening or was fetched since. */
  #seen: string | undefined;

  constructor(options: PartitionReaderOptions) {
    this.#options = options;
  }

  read(limit: number, signal: AbortSignal): Promise<StreamEntry[]> {
    return this.#read(limit, signal, true);
  }

  readNow(limit: number, signal: AbortSignal): Promise<StreamEntry[]> {
    return this.#read(limit, signal, false);
  }

  async #read(limit: number, signal: AbortSignal, wait: boolean): Promise<StreamEntry[]> {
    if (this.#ready.length === 0 && !signal.aborted && !this.#closing.signal.aborted) {
      this.#fetching ??= this.#fetch(limit, wait).finally(() => {
        this.#fetching = undefined;
      });
      await firstOf(this.#fetching, signal, this.#closing.signal);
    }
    return signal.aborted || this.#closing.signal.aborted ? [] : this.#ready.splice(0, limit);
  }

  async acknowledge(ids: readonly string[]): Promise<void> {
    const known = ids.filter((id) => /^\d+-\d+$/.test(id));
    const chunks = Array.from({ length: Math.ceil(known.length / CHUNK) }, (_, chunk) =>
      known.slice(chunk * CHUNK, (chunk + 1) * CHUNK),
    );
    await Promise.all(chunks.map((chunk) => this.#acknowledge(chunk)));
    this.#letGo(known);
  }

  async #acknowledge(ids: readonly string[]): Promise<void> {
    const { calls, commands, backlog, uncounted } = this.#options;
    const bytes = ids.reduce((sum, id) => sum + (this.#held.get(id) ?? 0), 0);
    await calls.run(scripts.acknowledge, [commands, backlog], [uncounted, bytes, ...ids]);
  }

  async park(entry: StreamEntry, reason: string): Promise<void> {
    const { calls, commands, backlog, dead, deadLetters, deadLetterRetentionMs } = this.#options;
    const args = [entry.id, deadLetters, reason.slice(0, REASON_LENGTH), entry.body, deadLetterRetentionMs];
    await calls.run(scripts.park, [commands, dead, backlog], args);
    this.#letGo([entry.id]);
  }

  async removeDead(matches: (body: string) => boolean): Promise<void> {
    const { calls, dead } = this.#options;
    for (let from = '-'; ; ) {
      const letters = (await calls.command('xrange', dead, from, '+', 'COUNT', LETTERS)) as RawEntry[];
      const matching = letters.filter(([, fields]) => matches(fieldOf(fields, 'body')));
      if (matching.length > 0) await calls.command('xdel', dead, ...matching.map(([id]) => id));
      const last = letters.at(-1);
      if (!last || letters.length < LETTERS) return;
      from = `(${last[0]}`;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#options.onClose();
  }

  #letGo(ids: readonly string[]): void {
    for (const id of ids) this.#held.delete(id);
    if (this.#held.size === 0) this.#position = START;
  }

  /** Fills `#ready`, unless others had entries first, or nobody for some seconds, or at once if it is not to wait. */
  async #fetch(limit: number, wait: boolean): Promise<void> {
    const { reads, commands } = this.#options;
    if (reads.lost !== this.#lost) this.#beginAnew();
    try {
      if (!this.#opened) await this.#open();
      while (this.#ready.length === 0) {
        // From the start, those that are held come first.
        const count = this.#position === START ? limit + this.#held.size : limit;
        const entries = await reads.read({ key: commands, after: this.#position, count, wait });
        if (this.#closing.signal.aborted) return;
        if (entries.length === 0) {
          if (this.#held.size === 0) this.#position = START;
          return;
        }
        this.#take(entries);
      }
    } catch (error) {
      this.#beginAnew();
      throw error;
    }
  }

  #take(entries: readonly RawEntry[]): void {
    for (const [id, fields] of entries) {
      this.#position = id;
      if (this.#held.has(id)) continue;
      const redelivered = this.#seen !== undefined && !isAfter(id, this.#seen);
      if (!redelivered) this.#seen = id;
      const body = bodyOf(fields);
      this.#held.set(id, Buffer.byteLength(body));
      this.#ready.push({ id, body, redelivered });
    }
  }

  #beginAnew(): void {
    this.#lost = this.#options.reads.lost;
    this.#opened = false;
    this.#position = START;
  }

  async #open(): Promise<void> {
    const newest = await this.#options.reads.newest(this.#options.commands);
    if (newest !== undefined && (this.#seen === undefined || isAfter(newest, this.#seen))) this.#seen = newest;
    this.#opened = true;
  }
}

export interface PartitionReaderOptions {
  readonly calls: RedisCalls;
  readonly reads: RedisStreamReads;
  /** Key of the stream. */
  readonly commands: string;
  /** Key of the hash that counts what the stream holds, once it could be full. */
  readonly backlog: string;
  /** Commands that cannot have as many bytes as the backlog, whatever they are. */
  readonly uncounted: number;
  /** Key of the dead letters. */
  readonly dead: string;
  readonly deadLetters: number;
  readonly deadLetterRetentionMs: number;
  readonly onClose: () => Promise<void>;
}

/** The first field is `body`; without fields the entry was deleted. */
function bodyOf(fields: readonly string[] | null): string {
  return fields?.[1] ?? '';
}

function fieldOf(fields: readonly string[] | null, name: string): string {
  const index = fields?.findIndex((each, nth) => nth % 2 === 0 && each === name) ?? -1;
  return index < 0 ? '' : (fields?.[index + 1] ?? '');
}

/** Whether a stream id, `<ms>-<number>`, is above another. */
function isAfter(id: string, other: string): boolean {
  // Of most two, both numbers have as many digits.
  if (id.length === other.length && id.indexOf('-') === other.indexOf('-')) return id > other;
  const [ms, number] = id.split('-').map(Number) as [number, number];
  const [otherMs, otherNumber] = other.split('-').map(Number) as [number, number];
  return ms > otherMs || (ms === otherMs && number > otherNumber);
}

/** Settles as `promise` does, or resolves as soon as one of the signals aborts. */
function firstOf(promise: Promise<void>, ...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (then: () => void) => (): void => {
      for (const signal of signals) signal.removeEventListener('abort', aborted);
      then();
    };
    const aborted = finish(resolve);
    for (const signal of signals) signal.addEventListener('abort', aborted, { once: true });
    promise.then(aborted, (error) => finish(() => reject(error))());
  });
}
