import type { KeyValueStorage } from '@tidemark/client/key-value';

/** Which of its functions a storage has beside the four that all have. */
export type Multi = 'one by one' | 'in bulk';

/**
 * A key-value storage in memory. With `failAt` set, the call of that number (from 0, counted from then on) and all that
 * follow fail, as they do for a process that dies; `halfway` says whether that call had its effect before.
 */
export class MemoryKeyValueStorage implements KeyValueStorage {
  readonly items: Map<string, string>;
  calls = 0;
  failAt = Number.POSITIVE_INFINITY;
  halfway = false;
  /** Only the call of that number fails. */
  once = false;
  declare multiGet?: NonNullable<KeyValueStorage['multiGet']>;
  declare multiSet?: NonNullable<KeyValueStorage['multiSet']>;
  declare multiRemove?: NonNullable<KeyValueStorage['multiRemove']>;

  constructor(multi: Multi, items: ReadonlyMap<string, string> = new Map()) {
    this.items = new Map(items);
    if (multi === 'one by one') return;
    this.multiGet = (keys) => this.#call(() => keys.map((key) => [key, this.items.get(key) ?? null] as const));
    // Half of its work, when it fails: nothing is promised of several keys together.
    const set = (pairs: readonly [string, string][]): void => {
      for (const [key, value] of pairs) this.items.set(key, value);
    };
    const remove = (keys: readonly string[]): void => {
      for (const key of keys) this.items.delete(key);
    };
    this.multiSet = (pairs) =>
      this.#call(
        () => set(pairs),
        () => set(pairs.slice(0, pairs.length / 2)),
      );
    this.multiRemove = (keys) =>
      this.#call(
        () => remove(keys),
        () => remove(keys.slice(0, keys.length / 2)),
      );
  }

  getItem(key: string): Promise<string | null> {
    return this.#call(() => this.items.get(key) ?? null);
  }

  setItem(key: string, value: string): Promise<void> {
    return this.#call(() => void this.items.set(key, value));
  }

  removeItem(key: string): Promise<void> {
    return this.#call(() => void this.items.delete(key));
  }

  getAllKeys(): Promise<string[]> {
    return this.#call(() => [...this.items.keys()]);
  }

  async #call<T>(work: () => T, half: () => unknown = work): Promise<T> {
    const call = this.calls;
    this.calls += 1;
    await null;
    if (call < this.failAt || (this.once && call > this.failAt)) return work();
    if (call === this.failAt && this.halfway) half();
    throw new Error('the process died');
  }
}
