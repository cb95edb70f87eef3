import 'fake-indexeddb/auto';
import { indexedDbLocalStore } from '@tidemark/client/indexeddb';
import { localStoreConformance } from '../local-store-conformance.ts';

let places = 0;

localStoreConformance('in IndexedDB', () => {
  places += 1;
  const name = `place-${places}`;
  const made: ReturnType<typeof indexedDbLocalStore>[] = [];
  return {
    make: () => {
      const store = indexedDbLocalStore({ name });
      made.push(store);
      return store;
    },
    [Symbol.asyncDispose]: async () => {
      for (const store of made) await store.close();
    },
  };
});
