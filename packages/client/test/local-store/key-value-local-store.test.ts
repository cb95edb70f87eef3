import { keyValueLocalStore } from '@tidemark/client/key-value';
import { localStoreConformance } from '../local-store-conformance.ts';
import { MemoryKeyValueStorage, type Multi } from './memory-key-value-storage.ts';

for (const multi of ['one by one', 'in bulk'] satisfies Multi[]) {
  localStoreConformance(`in a key-value storage, ${multi}`, () => {
    const storage = new MemoryKeyValueStorage(multi);
    return { make: () => keyValueLocalStore({ storage }), [Symbol.asyncDispose]: () => Promise.resolve() };
  });
}
