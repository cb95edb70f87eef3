import { type Limits, TidemarkError, type UserId } from '@tidemark/core';

/**
 * Lets `limits.readsPerUser` reads of one user run at once; the next ones wait for their turn, at most `limits.callBurst` of
 * them. A read holds a page in memory, and calls that come together would otherwise hold one each. Stage 1.
 *
 * Keeps  P11
 */
export class ReadTurns {
  readonly #limits: Pick<Limits, 'readsPerUser' | 'callBurst'>;
  readonly #users = new Map<UserId, { running: number; readonly waiting: (() => void)[] }>();

  constructor(limits: Pick<Limits, 'readsPerUser' | 'callBurst'>) {
    this.#limits = limits;
  }

  /** Runs `read` when it is its turn. Throws `rate_limited` when too many wait. */
  async run<Output>(userId: UserId, read: () => Promise<Output>): Promise<Output> {
    await this.#begin(userId);
    try {
      return await read();
    } finally {
      this.#end(userId);
    }
  }

  async #begin(userId: UserId): Promise<void> {
    const { readsPerUser, callBurst } = this.#limits;
    const reads = this.#users.get(userId) ?? { running: 0, waiting: [] };
    this.#users.set(userId, reads);
    if (reads.running < readsPerUser) {
      reads.running += 1;
      return;
    }
    if (reads.waiting.length >= callBurst) {
      throw new TidemarkError('rate_limited', `at most ${readsPerUser} reads of a user at once (limits.readsPerUser)`, {
        limit: 'limits.readsPerUser',
      });
    }
    await new Promise<void>((resolve) => reads.waiting.push(resolve));
  }

  /** Whoever waits takes over the turn, so that nobody comes in between. */
  #end(userId: UserId): void {
    const reads = this.#users.get(userId);
    if (!reads) return;
    const next = reads.waiting.shift();
    if (next) {
      next();
      return;
    }
    reads.running -= 1;
    if (reads.running === 0) this.#users.delete(userId);
  }
}
