import { type Clock, type Limits, TidemarkError, type UserId } from '@tidemark/core';
import { RecentMap } from '../recent-map.ts';
import type { ServerEventBus } from '../server-events.ts';

/** Users remembered; a user who is forgotten starts with a full bucket. */
const USERS = 10_000;

/** What a call uses beyond itself. */
export interface Usage {
  /** Users who are sent what it causes. */
  readonly recipients?: number | undefined;
  /** Bytes that came with it, or went back. */
  readonly bytes?: number | undefined;
  /** Tokens by themselves. */
  readonly tokens?: number | undefined;
}

type RateLimits = Pick<Limits, 'callsPerSecond' | 'callBurst' | 'bytesPerToken' | 'recipientsPerToken' | 'frameBytes'>;

/**
 * A token bucket per user, on this process: `callBurst` calls at once, `callsPerSecond` on average. It counts calls, not
 * frames or requests: a batch of ten is ten. A call takes one token when it comes, before its input is read, and more by
 * what it uses: recipients and bytes. What it returned is known only afterwards, so a bucket can go below zero, and until it
 * has filled again its user is refused. Stage 1.
 *
 * Keeps  P11
 */
export class RateLimit {
  readonly #clock: Clock;
  readonly #events: ServerEventBus;
  readonly #limits: RateLimits;
  readonly #buckets = new RecentMap<UserId, Bucket>(USERS);

  constructor(options: { clock: Clock; events: ServerEventBus; limits: RateLimits }) {
    this.#clock = options.clock;
    this.#events = options.events;
    this.#limits = options.limits;
  }

  /** Takes one call. Throws `rate_limited`. */
  take(userId: UserId): void {
    this.#put(userId, this.#require(userId, 1), 1);
  }

  /**
   * Takes what a call is going to cause. Throws `rate_limited`, with nothing taken, for a user who is in debt by more than
   * the bytes of this very call may have taken.
   */
  spend(userId: UserId, usage: Usage): void {
    this.#require(userId, -Math.floor(this.#limits.frameBytes / this.#limits.bytesPerToken));
    this.charge(userId, usage);
  }

  /** Throws `rate_limited` for a user who is in debt. */
  requireCredit(userId: UserId): void {
    this.#require(userId, 0);
  }

  /** Takes what a call has used, whatever is left. */
  charge(userId: UserId, { recipients = 0, bytes = 0, tokens = 0 }: Usage): void {
    const { recipientsPerToken, bytesPerToken } = this.#limits;
    const used = tokens + Math.floor(recipients / recipientsPerToken) + Math.floor(bytes / bytesPerToken);
    if (used > 0) this.#put(userId, this.#bucketOf(userId), used);
  }

  #require(userId: UserId, tokens: number): Bucket {
    const bucket = this.#bucketOf(userId);
    if (bucket.tokens >= tokens) return bucket;
    this.#events.emit('rate-limited', { userId });
    const { callsPerSecond, callBurst } = this.#limits;
    throw new TidemarkError(
      'rate_limited',
      `at most ${callsPerSecond} calls per second (limits.callsPerSecond), ${callBurst} at once (limits.callBurst); many recipients and bytes count as more calls`,
    );
  }

  /** As it is now. */
  #bucketOf(userId: UserId): Bucket {
    const { callsPerSecond, callBurst } = this.#limits;
    const bucket = this.#buckets.touch(userId);
    const at = this.#clock.monotonic();
    if (!bucket) return { tokens: callBurst, at };
    return { tokens: Math.min(callBurst, bucket.tokens + ((at - bucket.at) / 1000) * callsPerSecond), at };
  }

  #put(userId: UserId, { tokens, at }: Bucket, taken: number): void {
    this.#buckets.put(userId, { tokens: tokens - taken, at });
  }
}

interface Bucket {
  readonly tokens: number;
  /** Monotonic ms at which it had as many. */
  readonly at: number;
}
