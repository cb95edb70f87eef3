/**
 * KeyValueStorage: what is asked of a key-value storage. React Native's AsyncStorage is one as it is; for MMKV and the like
 * four functions are written around it, and may answer at once instead of with a promise.
 *
 *  - One `setItem` is atomic and durable when it resolves, and takes effect after those that resolved before it. Nothing is
 *    asked of several together: the `multi…` functions are used for speed alone, and may do half of their work.
 *  - What it holds is not dropped one by one: it is all there, or cleared. A key that `getAllKeys` names and `getItem` has nothing of
 *    is one that cannot be read at the moment; nothing is concluded from it.
 */
export interface KeyValueStorage {
  getItem(key: string): MaybePromise<string | null | undefined>;
  setItem(key: string, value: string): MaybePromise<unknown>;
  removeItem(key: string): MaybePromise<unknown>;
  getAllKeys(): MaybePromise<readonly string[]>;
  multiGet?(keys: readonly string[]): MaybePromise<readonly (readonly [string, string | null | undefined])[]>;
  multiSet?(pairs: [string, string][]): MaybePromise<unknown>;
  multiRemove?(keys: string[]): MaybePromise<unknown>;
}

type MaybePromise<T> = T | Promise<T>;

/** In as few calls as the storage allows. `null` for what is not there; rejects when what is there is not given. */
export async function getAll(
  storage: KeyValueStorage,
  keys: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  if (keys.length === 0) return new Map();
  const found: readonly (readonly [string, string | null | undefined])[] = storage.multiGet
    ? await storage.multiGet(keys)
    : await Promise.all(keys.map(async (key) => [key, await storage.getItem(key)] as const));
  const values = new Map(found.map(([key, value]) => [key, value ?? null]));
  const absent = keys.filter((key) => (values.get(key) ?? null) === null);
  if (absent.length > 0) {
    const listed = new Set(await storage.getAllKeys());
    const withheld = absent.find((key) => listed.has(key));
    if (withheld !== undefined) throw new Error(`the storage names ${withheld} and does not give it`);
  }
  return values;
}

export async function getOne(storage: KeyValueStorage, key: string): Promise<string | null> {
  return (await getAll(storage, [key])).get(key) ?? null;
}

export async function setAll(storage: KeyValueStorage, values: ReadonlyMap<string, string>): Promise<void> {
  if (storage.multiSet && values.size > 1) {
    await storage.multiSet([...values]);
    return;
  }
  for (const [key, value] of values) await storage.setItem(key, value);
}

export async function removeAll(storage: KeyValueStorage, keys: readonly string[]): Promise<void> {
  if (storage.multiRemove && keys.length > 1) {
    await storage.multiRemove([...keys]);
    return;
  }
  for (const key of keys) await storage.removeItem(key);
}
