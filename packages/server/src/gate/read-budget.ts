import type { Clock, Limits } from '@tidemark/core';
import { RecentMap } from '../recent-map.ts';

/** Owners remembered; one who is forgotten may bring a whole burst again. */
const OWNERS = 10_000;
/** Seconds of `readBytesPerSecond` that may come at once. */
const BURST_SECONDS = 4;

/**
 * How fast the frames of one user are read, on this process: a bucket of bytes, filled with limits.readBytesPerSecond. To
 * parse and build an input costs by its bytes, whether its call is taken or refused, so that the rate of calls alone bounds
 * nothing. Whoever brings more is not refused: reading waits until the bucket is full again, and the rest stays with the peer.
 *
 * Keeps   P11
 * Proved  test/gate/read-budget.test.ts, test/attack
 */
export class ReadBudget {
  readonly #clock: Clock;
  readonly #perSecond: number;
  /** When the bucket of each owner is full again, in monotonic ms. */
  readonly #fullAt = new RecentMap<unknown, number>(OWNERS);

  constructor(clock: Clock, limits: Pick<Limits, 'readBytesPerSecond'>) {
    this.#clock = clock;
    this.#perSecond = limits.readBytesPerSecond;
  }

  /**
   * Takes the bytes of a frame that is read now. Returns for how many ms nothing more is to be read; 0 while the bucket has
   * something left.
   *
   * @param owner a user id, or the socket itself while nobody knows whose it is
   */
  take(owner: unknown, bytes: number): number {
    const now = this.#clock.monotonic();
    const fullAt = Math.max(this.#fullAt.touch(owner) ?? 0, now) + (bytes / this.#perSecond) * 1_000;
    this.#fullAt.put(owner, fullAt);
    return Math.max(0, Math.ceil(fullAt - now - BURST_SECONDS * 1_000));
  }
}
