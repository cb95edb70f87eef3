import { keyValueLocalStore } from '@tidemark/client/key-value';
import { memoryLocalStore } from '../../src/index.ts';
import { MemoryKeyValueStorage } from './memory-key-value-storage.ts';
import { indexedDbPlace, keyValuePlace, sqlitePlace } from './places.ts';
import { localStoreConformance } from './run-conformance.ts';

localStoreConformance('in memory', () => {
  const store = memoryLocalStore();
  return { make: () => store, [Symbol.asyncDispose]: () => store.close() };
});
localStoreConformance('in IndexedDB', indexedDbPlace);
localStoreConformance('in SQLite', sqlitePlace);
localStoreConformance('in a key-value storage', keyValuePlace);
localStoreConformance('in a key-value storage that takes one key at a time', () => {
  const storage = new MemoryKeyValueStorage('one by one');
  return { make: () => keyValueLocalStore({ storage }), [Symbol.asyncDispose]: () => Promise.resolve() };
});
