export interface Rate {
  /** At once. */
  readonly burst: number;
  /** On average, after that. */
  readonly perSecond: number;
}

/** Keys that are remembered; the one that was used longest ago is forgotten for another. */
const MAX_KEYS = 10_000;

/** How often something may be done, by whom: one bucket of tokens for each key. */
export class TokenBuckets {
  readonly #rate: Rate;
  readonly #now: () => number;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  /** @param now monotonic, in ms */
  constructor(rate: Rate, now: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#now = now;
  }

  /** Takes a token. Returns 0, or the ms after which there is one again. */
  take(key: string): number {
    const { burst, perSecond } = this.#rate;
    const at = this.#now();
    const known = this.#buckets.get(key);
    const tokens = known ? Math.min(burst, known.tokens + ((at - known.at) / 1000) * perSecond) : burst;
    const isGranted = tokens >= 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: isGranted ? tokens - 1 : tokens, at });
    if (this.#buckets.size > MAX_KEYS) this.#buckets.delete(this.#buckets.keys().next().value as string);
    return isGranted ? 0 : Math.ceil(((1 - tokens) / perSecond) * 1000);
  }
}
