import { memoryLocalStore } from '../src/index.ts';
import { localStoreConformance } from './local-store-conformance.ts';

localStoreConformance('in memory', () => {
  const store = memoryLocalStore();
  return { make: () => store, [Symbol.asyncDispose]: () => store.close() };
});
