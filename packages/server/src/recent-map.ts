/**
 * A map for what a process may remember and can do without. The entries put or touched last, of a weight of `limit`
 * together, are there; of those before them up to as many more, and then all of these go at once, since to look for the
 * oldest at each put costs more than to keep some longer.
 */
export class RecentMap<Key, Value> {
  readonly #limit: number;
  readonly #weigh: (value: Value) => number;
  #recent = new Map<Key, Value>();
  #weight = 0;
  #older = new Map<Key, Value>();

  /** @param weigh what a value weighs, always the same; 1 unless set, so that `limit` is a number of entries. */
  constructor(limit: number, weigh: (value: Value) => number = () => 1) {
    this.#limit = limit;
    this.#weigh = weigh;
  }

  get(key: Key): Value | undefined {
    return this.#recent.get(key) ?? this.#older.get(key);
  }

  /** Gets, and counts as a use. */
  touch(key: Key): Value | undefined {
    const recent = this.#recent.get(key);
    if (recent !== undefined) return recent;
    const older = this.#older.get(key);
    if (older !== undefined) this.put(key, older);
    return older;
  }

  put(key: Key, value: Value): void {
    const replaced = this.#recent.get(key);
    this.#weight += this.#weigh(value) - (replaced === undefined ? 0 : this.#weigh(replaced));
    this.#recent.set(key, value);
    if (this.#weight < this.#limit) return;
    this.#older = this.#recent;
    this.#recent = new Map();
    this.#weight = 0;
  }

  clear(): void {
    this.#recent = new Map();
    this.#weight = 0;
    this.#older = new Map();
  }
}
