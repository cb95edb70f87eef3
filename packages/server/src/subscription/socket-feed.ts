import { randomUUID } from 'node:crypto';
import type { Cursor, FeedItem, Seq } from '@tidemark/core';
import type { AttachedSocket } from './attached-socket.ts';
import { envelopeOf, type FeedText } from './entry-text.ts';
import type { FeedSink } from './feed.ts';
import type { SharedEntry } from './shared-entry.ts';

/** A feed over an attached socket: the sink, and the generator that tRPC iterates. Stage 7. */
export class SocketFeed implements FeedSink {
  readonly transport = 'socket';
  readonly #socket: AttachedSocket;
  readonly #text: FeedText;
  readonly #ended: Promise<void>;
  #fail: (error: unknown) => void = () => {};
  #end: () => void = () => {};
  #envelope = '';

  constructor(socket: AttachedSocket) {
    this.#socket = socket;
    this.#text = socket.feedText;
    this.#ended = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
    this.#ended.catch(() => {});
  }

  /** Yields one token, which the socket keeps to itself; then lasts until the client stops, or the feed fails. */
  async *run(begin: () => void, signal: AbortSignal): AsyncGenerator<string> {
    const token = `tidemark:feed:${randomUUID()}`;
    this.#socket.expect(token, (request) => {
      this.#envelope = envelopeOf(request);
      begin();
    });
    const end = () => this.#end();
    signal.addEventListener('abort', end, { once: true });
    try {
      yield token;
      if (!signal.aborted) await this.#ended;
    } finally {
      this.#socket.forget(token);
      signal.removeEventListener('abort', end);
    }
  }

  item(item: FeedItem, cursor: Cursor): void {
    this.#socket.write(this.#text.item(this.#envelope, item, cursor));
  }

  entry(seq: Seq, entry: SharedEntry): void {
    this.#socket.writeFrame(this.#text.entry(this.#envelope, seq, entry), seq);
  }

  ready(): boolean {
    return this.#socket.ready();
  }

  bufferedBytes(): number {
    return this.#socket.bufferedBytes;
  }

  drained(signal: AbortSignal): Promise<void> {
    return this.#socket.drained(signal);
  }

  fail(error: unknown): void {
    this.#fail(error);
  }
}
