import type { PartitionReader, StreamEntry } from '../ingress/ingress-stream.ts';
import type { CommandWeight } from './command-weight.ts';

/** Rows a sender may have written per turn. Most commands need less; one to 500 members waits for eight turns. */
const QUANTUM = 64;
/** A command costs a row more for so many bytes: about what a row costs the store. */
const BYTES_PER_ROW = 1_024;

/**
 * Forms the batches of a partition so that no sender holds up the others. Part of stage 3.
 *
 * A read that empties the stream is handed on as it is. When more is queued than a batch holds, the queue reads ahead, and
 * the senders take turns (deficit round robin): each turn adds QUANTUM to what a sender may spend, a command costs its rows
 * and its bytes, and one that costs more waits for further turns. So a command to two people passes thousands that another
 * user sent to groups before. The commands of one sender keep their order, in all conversations.
 *
 * A batch ends at `batchRows` or `batchBytes`; one command goes alone, however large. Rows are estimated here, and exact in
 * `Transfer`, which gives back what did not fit: `putBack` places those senders first.
 *
 * What was read ahead and not carried out stays in the stream. Whoever opens the partition next reads it again.
 *
 * Keeps   P5 a sender's order, P11 what is read ahead is bounded in entries and bytes
 * Proved  test/transfer/fair-queue.test.ts, test/transfer/fair-writer.test.ts
 * Source  Shreedhar, Varghese, "Efficient Fair Queueing Using Deficit Round Robin", 1995
 */
export class FairQueue {
  readonly #stream: PartitionReader;
  readonly #options: FairQueueOptions;
  /** The first one's turn is next, or was interrupted by the end of a batch. */
  #senders = new Map<string, Sender>();
  #entries = 0;
  #bytes = 0;

  constructor(stream: PartitionReader, options: FairQueueOptions) {
    this.#stream = stream;
    this.#options = options;
  }

  /** The next batch, of at most `limit` entries. It waits and ends as `PartitionReader.read` does. */
  async read(limit: number, signal: AbortSignal): Promise<StreamEntry[]> {
    if (this.#entries === 0) {
      const entries = await this.#stream.read(limit, signal);
      const isAll = entries.length < limit;
      if (isAll && this.#fits(entries)) return entries;
      this.#add(entries);
      if (!isAll) await this.#readAhead(limit, signal);
    } else {
      await this.#readAhead(limit, signal);
    }
    return signal.aborted ? [] : this.#pick(limit);
  }

  /** Takes back entries of the last batch that were not carried out, in their order. They come before others. */
  putBack(entries: readonly StreamEntry[]): void {
    if (entries.length === 0) return;
    const others = this.#senders;
    this.#senders = new Map();
    this.#add(entries);
    for (const [name, sender] of others) {
      const returned = this.#senders.get(name);
      if (!returned) this.#senders.set(name, sender);
      else Object.assign(returned, { credit: sender.credit, commands: [...returned.commands, ...sender.commands] });
    }
  }

  #fits(entries: readonly StreamEntry[]): boolean {
    let bytes = 0;
    for (const { body } of entries) bytes += Buffer.byteLength(body);
    return bytes <= this.#options.batchBytes;
  }

  async #readAhead(step: number, signal: AbortSignal): Promise<void> {
    const { readAhead, readAheadBytes, reached } = this.#options;
    while (this.#entries < readAhead && this.#bytes < readAheadBytes) {
      const entries = await this.#stream.readNow(step, signal);
      this.#add(entries);
      if (entries.length < step) return;
    }
    reached(this.#entries < readAhead ? 'readAheadBytes' : 'readAhead');
  }

  #add(entries: readonly StreamEntry[]): void {
    for (const entry of entries) {
      const bytes = Buffer.byteLength(entry.body);
      const { sender: name, rows } = this.#options.weigh(entry.body);
      const sender = this.#senders.get(name) ?? { credit: 0, hasTurn: false, commands: [] };
      sender.commands.push({ entry, bytes, rows });
      this.#senders.set(name, sender);
      this.#entries += 1;
      this.#bytes += bytes;
    }
  }

  #pick(limit: number): StreamEntry[] {
    const { batchRows, batchBytes, reached } = this.#options;
    const picked: StreamEntry[] = [];
    let rows = 0;
    let bytes = 0;
    // A sender whose turn has ended moves to the end of the map, and so of this loop.
    for (const [name, sender] of this.#senders) {
      if (!sender.hasTurn) sender.credit += QUANTUM;
      sender.hasTurn = true;
      for (let next = sender.commands[0]; next; next = sender.commands[0]) {
        const more = next.rows();
        const cost = Math.min(more + next.bytes / BYTES_PER_ROW, batchRows);
        if (cost > sender.credit) break;
        if (picked.length === limit) return picked;
        if (picked.length > 0 && rows + more > batchRows) {
          reached('batchRows');
          return picked;
        }
        if (picked.length > 0 && bytes + next.bytes > batchBytes) {
          reached('batchBytes');
          return picked;
        }
        sender.commands.shift();
        sender.credit -= cost;
        picked.push(next.entry);
        rows += more;
        bytes += next.bytes;
        this.#entries -= 1;
        this.#bytes -= next.bytes;
      }
      sender.hasTurn = false;
      this.#senders.delete(name);
      if (sender.commands.length > 0) this.#senders.set(name, sender);
    }
    return picked;
  }
}

export interface FairQueueOptions {
  readonly weigh: (body: string) => CommandWeight;
  /** Rows and bytes of a batch at most. */
  readonly batchRows: number;
  readonly batchBytes: number;
  /** Entries, and bytes of them, beyond which nothing more is read ahead. */
  readonly readAhead: number;
  readonly readAheadBytes: number;
  /** Told when a bound ended a batch, or the reading ahead. */
  readonly reached: (limit: 'batchRows' | 'batchBytes' | 'readAhead' | 'readAheadBytes') => void;
}

interface Sender {
  /** Rows that may be spent. */
  credit: number;
  hasTurn: boolean;
  /** In their order; never empty between two calls. */
  commands: QueuedCommand[];
}

interface QueuedCommand {
  readonly entry: StreamEntry;
  readonly bytes: number;
  readonly rows: () => number;
}
