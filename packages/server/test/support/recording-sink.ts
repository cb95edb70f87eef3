import type { Cursor, FeedItem, Seq } from '@tidemark/core';
import type { FeedSink } from '../../src/subscription/feed.ts';
import type { SharedEntry } from '../../src/subscription/shared-entry.ts';

/** What was written, in words: `reset new`, `1 2 3` for a page, `4` for a live entry, `live`. */
export class RecordingSink implements FeedSink {
  readonly transport = 'generator';
  readonly written: string[] = [];
  /** Seqs of all entries, in the order in which they were written. */
  readonly seqs: number[] = [];
  readonly cursors: Cursor[] = [];
  /** What each page of a catch-up said of the newest seq. */
  readonly heads: (number | undefined)[] = [];
  readonly failures: unknown[] = [];
  /** Live entries that were written although the sink had said that it is full. */
  overflown = 0;
  #full = false;
  #wake = new Set<() => void>();

  item(item: FeedItem, cursor: Cursor): void {
    this.cursors.push(cursor);
    if (item.type !== 'entries') {
      this.written.push(item.type === 'reset' ? `reset ${item.reason}` : 'live');
      return;
    }
    this.heads.push(item.head);
    this.written.push(item.entries.map((entry) => entry.seq).join(' '));
    this.seqs.push(...item.entries.map((entry) => entry.seq));
  }

  entry(seq: Seq, _entry: SharedEntry): void {
    if (this.#full) this.overflown += 1;
    this.written.push(`${seq}`);
    this.seqs.push(seq);
  }

  ready(): boolean {
    return !this.#full;
  }

  bufferedBytes(): number {
    return this.#full ? 1_000_000 : 0;
  }

  drained(signal: AbortSignal): Promise<void> {
    if (!this.#full || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wake.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#wake.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  fail(error: unknown): void {
    this.failures.push(error);
  }

  /** Takes nothing more until {@link drain}. */
  stall(): void {
    this.#full = true;
  }

  drain(): void {
    this.#full = false;
    for (const wake of this.#wake) wake();
  }

  /** Feeds that wait for it to drain. */
  get waiting(): number {
    return this.#wake.size;
  }
}
