import { type Clock, TidemarkError, type UserId } from '@tidemark/core';
import { RecentMap } from '../recent-map.ts';
import type { ServerEventBus } from '../server-events.ts';

/** Users remembered; a user who is forgotten starts with a full bucket. */
const USERS = 10_000;

/**
 * A token bucket per user, on this process: `burst` calls at once, `perSecond` on average. It counts calls, not frames or
 * requests: a batch of ten is ten. Stage 1.
 *
 * Keeps  P11
 */
export class RateLimit {
  readonly #clock: Clock;
  readonly #events: ServerEventBus;
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #buckets = new RecentMap<UserId, { tokens: number; at: number }>(USERS);

  constructor(options: { clock: Clock; events: ServerEventBus; perSecond: number; burst: number }) {
    this.#clock = options.clock;
    this.#events = options.events;
    this.#perSecond = options.perSecond;
    this.#burst = options.burst;
  }

  /** Takes one call. Throws `rate_limited`. */
  take(userId: UserId): void {
    const at = this.#clock.monotonic();
    const bucket = this.#buckets.get(userId);
    const tokens = bucket
      ? Math.min(this.#burst, bucket.tokens + ((at - bucket.at) / 1000) * this.#perSecond)
      : this.#burst;
    this.#buckets.put(userId, { tokens: tokens < 1 ? tokens : tokens - 1, at });
    if (tokens >= 1) return;
    this.#events.emit('rate-limited', { userId });
    throw new TidemarkError('rate_limited', `at most ${this.#perSecond} calls per second, ${this.#burst} at once`);
  }
}
