import type { Socket } from 'node:net';

/** What a lane does to what passes through it, at this moment. Shared by the lanes of a proxy, and changed while they run. */
export interface LaneFaults {
  /** Milliseconds that each piece is held back. */
  latency: number;
  /** Up to so many milliseconds more, at random. Order is kept. */
  jitter: number;
  /** Nothing passes, and nobody is told. */
  stalled: boolean;
  /** Passes at most so many bytes in a second; `Infinity` when it is not slowed down. */
  bytesPerSecond: number;
}

/** What happens to the bytes of one direction on their way: it may hold some of them back, change them, or add others. */
export interface LaneFilter {
  push(chunk: Buffer): void;
  /** The sender has said all it will say: gives out what is held back. */
  flush(): void;
}

type Piece =
  | { readonly due: number; bytes: Buffer }
  /** An orderly end, or a reset. */
  | { readonly due: number; readonly finish: () => void };

/**
 * One direction of a connection through a proxy: what arrived and has not been passed on yet, in order. While it holds
 * something back it does not read on, so that the sender's own window fills up and not our memory.
 */
export class Lane {
  /** Sees what arrives, and passes on what it likes to; set before anything arrives. */
  filter: LaneFilter | undefined;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #faults: Readonly<LaneFaults>;
  readonly #random: () => number;
  readonly #queue: Piece[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** When the next byte may pass, on a lane that is slowed down. */
  #nextAt = 0;
  /** The receiver takes no more at the moment. */
  #full = false;
  #dead = false;

  constructor(options: {
    from: Socket;
    to: Socket;
    faults: Readonly<LaneFaults>;
    random: () => number;
  }) {
    const { from, to } = options;
    this.#from = from;
    this.#to = to;
    this.#faults = options.faults;
    this.#random = options.random;

    from.on('data', (chunk: Buffer) => {
      if (this.#dead) return;
      if (this.filter) this.filter.push(chunk);
      else this.pass(chunk);
      this.#flow();
    });
    from.on('end', () => this.#finish(() => to.end()));
    from.on('close', (hadError) => {
      // An orderly end already waits its turn; anything else reaches the other side as a reset.
      if (hadError || !from.readableEnded) this.#finish(() => to.resetAndDestroy());
    });
    to.on('close', () => clearTimeout(this.#timer));
  }

  /** Queues bytes for the receiver, as the faults of the moment have it. */
  pass(bytes: Buffer): void {
    if (!this.#dead) this.#enqueue({ due: this.#due(), bytes });
  }

  /** What is due passes now: to be called when a fault began or was lifted. */
  wake(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#nextAt = 0;
    this.#drain();
    this.#flow();
  }

  /** From now on everything is swallowed, its end too: the other side is never told anything again. */
  die(): void {
    this.#dead = true;
    this.#queue.length = 0;
    this.#flow();
  }

  reset(): void {
    this.#from.resetAndDestroy();
  }

  destroy(): void {
    this.#from.destroy();
  }

  #finish(finish: () => void): void {
    if (this.#dead) return;
    this.filter?.flush();
    this.#enqueue({ due: this.#due(), finish });
  }

  #due(): number {
    const { latency, jitter } = this.#faults;
    return Math.max(this.#queue.at(-1)?.due ?? 0, performance.now() + latency + this.#random() * jitter);
  }

  #enqueue(piece: Piece): void {
    this.#queue.push(piece);
    this.#drain();
  }

  /** Reads on, or does not. A dead lane reads and forgets: there the sender sees that nothing is answered, and no more. */
  #flow(): void {
    const { stalled, bytesPerSecond } = this.#faults;
    const slow = bytesPerSecond !== Number.POSITIVE_INFINITY && this.#queue.length > 0;
    if (!this.#dead && (stalled || slow || this.#full)) this.#from.pause();
    else this.#from.resume();
  }

  /** One timer per lane, for its first piece: timers of their own could fire out of order. */
  #drain(): void {
    for (;;) {
      const piece = this.#queue[0];
      if (piece === undefined || this.#faults.stalled) break;
      const wait = Math.max(piece.due, this.#nextAt) - performance.now();
      if (wait > 0) {
        this.#timer ??= setTimeout(() => {
          this.#timer = undefined;
          this.#drain();
        }, Math.ceil(wait));
        return;
      }
      if ('finish' in piece) {
        this.#queue.shift();
        piece.finish();
      } else this.#write(piece);
    }
    this.#flow();
  }

  #write(piece: { bytes: Buffer }): void {
    const { bytesPerSecond } = this.#faults;
    let bytes = piece.bytes;
    if (bytesPerSecond !== Number.POSITIVE_INFINITY) {
      // At least one byte at a time, and about ten times a second.
      const size = Math.max(1, Math.floor(bytesPerSecond / 10));
      bytes = piece.bytes.subarray(0, size);
      this.#nextAt = performance.now() + (1_000 * bytes.length) / bytesPerSecond;
    }
    piece.bytes = piece.bytes.subarray(bytes.length);
    if (piece.bytes.length === 0) this.#queue.shift();
    if (this.#to.destroyed || this.#to.write(bytes)) return;
    if (this.#full) return;
    this.#full = true;
    this.#to.once('drain', () => {
      this.#full = false;
      this.#flow();
    });
  }
}
