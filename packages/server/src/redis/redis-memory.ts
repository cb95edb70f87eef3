import type { RedisCalls } from './redis-calls.ts';

/** ms for which an answer holds. */
const EVERY_MS = 500;

/**
 * How full Redis is, asked at most every half second, and only while somebody wants to know. The answer is that of the last
 * question: nobody waits for it. Of a cluster the servers are asked by chance; there the refusal of a full one itself decides.
 */
export class RedisMemory {
  readonly #calls: RedisCalls;
  #askedAt = Number.NEGATIVE_INFINITY;
  #share = 0;

  constructor(calls: RedisCalls) {
    this.#calls = calls;
  }

  /** Share of `maxmemory` in use, as far as it is known; 0 where there is no such bound, or Redis may not be asked. */
  get share(): number {
    const now = performance.now();
    if (now - this.#askedAt >= EVERY_MS) {
      this.#askedAt = now;
      void this.#ask();
    }
    return this.#share;
  }

  async #ask(): Promise<void> {
    try {
      const info = String(await this.#calls.command('info', 'memory'));
      const [used, most] = [numberIn(info, 'used_memory'), numberIn(info, 'maxmemory')];
      this.#share = most > 0 ? used / most : 0;
    } catch {
      this.#share = 0;
    }
  }
}

function numberIn(info: string, field: string): number {
  return Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
}
