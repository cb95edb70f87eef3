/**
 * A map for what a process may remember and can do without. The `limit` entries put or touched last are there; of those
 * before them up to as many more, and then all of these go at once, since to look for the oldest at each put costs more
 * than to keep some longer.
 */
export class RecentMap<Key, Value> {
  readonly #limit: number;
  #recent = new Map<Key, Value>();
  #older = new Map<Key, Value>();

  constructor(limit: number) {
    this.#limit = limit;
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
    this.#recent.set(key, value);
    if (this.#recent.size < this.#limit) return;
    this.#older = this.#recent;
    this.#recent = new Map();
  }

  clear(): void {
    this.#recent = new Map();
    this.#older = new Map();
  }
}
