/**
 * How many rows a batch of a partition may have now. What a store refuses as a whole and takes in parts (a statement timeout, a
 * packet that is too long, a transaction that holds too much) was too large for it: the next ones are made smaller at once,
 * and larger again by little, as long as that goes well. Part of stage 3.
 *
 * Proved  test/batch-rows.test.ts
 */
export class BatchRows {
  readonly #max: number;
  #now: number;

  /** @param max rows of a batch at most, at any time */
  constructor(max: number) {
    this.#max = max;
    this.#now = max;
  }

  get now(): number {
    return this.#now;
  }

  /** A batch with so many rows failed, and its parts were stored. */
  tooMany(rows: number): void {
    this.#now = Math.max(1, Math.min(this.#now, Math.floor(rows / 2)));
  }

  /** A batch with so many rows was stored. One that is far below the bound says nothing about it. */
  stored(rows: number): void {
    if (this.#now < this.#max && rows > this.#now / 2)
      this.#now = Math.min(this.#max, this.#now + Math.ceil(this.#now / 10));
  }
}
