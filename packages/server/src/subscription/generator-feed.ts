import { type Cursor, type Epoch, type FeedItem, fingerprintOf, formatCursor, type Seq } from '@tidemark/core';
import { type TrackedEnvelope, tracked } from '@trpc/server';
import type { FeedSink } from './feed.ts';
import type { SharedEntry } from './shared-entry.ts';

/** Items that may wait for a slow consumer of the generator; beyond, the feed stops at its cursor. */
const QUEUE_LIMIT = 64;

/** A feed as a plain generator, for SSE, server-side callers and WebSocket servers that are not attached. Stage 7. */
export class GeneratorFeed implements FeedSink {
  readonly transport = 'generator';
  readonly #epoch: Epoch;
  readonly #queue: { item: FeedItem; cursor: Cursor }[] = [];
  #failure: { error: unknown } | undefined;
  #wakeConsumer: () => void = () => {};
  #wakeFeed: () => void = () => {};

  constructor(epoch: Epoch) {
    this.#epoch = epoch;
  }

  async *run(begin: () => void, signal: AbortSignal): AsyncGenerator<TrackedEnvelope<FeedItem>> {
    const wake = () => this.#wakeConsumer();
    signal.addEventListener('abort', wake, { once: true });
    begin();
    try {
      while (!signal.aborted) {
        const next = this.#queue.shift();
        if (next) {
          if (this.#queue.length <= QUEUE_LIMIT / 2) this.#wakeFeed();
          yield tracked(next.cursor, next.item);
        } else {
          if (this.#failure) throw this.#failure.error;
          await new Promise<void>((resolve) => {
            this.#wakeConsumer = resolve;
          });
        }
      }
    } finally {
      signal.removeEventListener('abort', wake);
      this.#wakeFeed();
    }
  }

  item(item: FeedItem, cursor: Cursor): void {
    this.#queue.push({ item, cursor });
    this.#wakeConsumer();
  }

  entry(seq: Seq, { event }: SharedEntry): void {
    this.item({ type: 'entries', entries: [{ seq, event }] }, formatCursor(this.#epoch, seq, fingerprintOf(event)));
  }

  ready(): boolean {
    return this.#queue.length < QUEUE_LIMIT;
  }

  bufferedBytes(): number {
    return 0;
  }

  drained(signal: AbortSignal): Promise<void> {
    if (this.ready() || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#wakeFeed = done;
      signal.addEventListener('abort', done, { once: true });
    });
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.#wakeConsumer();
  }
}
