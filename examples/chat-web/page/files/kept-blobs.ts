/**
 * Files that are about to be uploaded, where every tab finds them, and the next start of the page: in the browser's cache. Where
 * there is none, they are kept until the page closes.
 */
export interface KeptBlobs {
  /** Gives its key. */
  put(blob: Blob): Promise<string>;
  get(key: string): Promise<Blob | undefined>;
  remove(key: string): Promise<void>;
  /** Removes all of the user's. */
  erase(): Promise<void>;
}

/** ms that the browser's cache may take. */
const PATIENCE_MS = 2_000;

export function keptBlobs(userId: string): KeptBlobs {
  const name = `tidemark-chat/${userId}/files`;
  const unstored = new Map<string, Blob>();
  const pathOf = (key: string): string => `/kept/${key}`;

  /** Undefined as well where the cache does not answer: nothing waits for it that can be done from memory. */
  async function inCache<T>(use: (cache: Cache) => Promise<T>): Promise<T | undefined> {
    const late = new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE_MS));
    // Forbidden, full, or not a secure page.
    const used = async (): Promise<T> => use(await caches.open(name));
    return Promise.race([used().catch(() => undefined), late]);
  }

  return {
    put: async (blob) => {
      const key = crypto.randomUUID();
      unstored.set(key, blob);
      await inCache((cache) => cache.put(pathOf(key), new Response(blob)));
      return key;
    },
    get: async (key) => {
      const known = unstored.get(key);
      if (known) return known;
      const found = await inCache((cache) => cache.match(pathOf(key)));
      return found?.blob();
    },
    remove: async (key) => {
      unstored.delete(key);
      await inCache((cache) => cache.delete(pathOf(key)));
    },
    erase: async () => {
      unstored.clear();
      await inCache(async () => caches.delete(name));
    },
  };
}
