export { type KeyValueLocalStoreOptions, keyValueLocalStore } from './local-store/key-value-local-store.ts';
export type { KeyValueStorage } from './local-store/key-value-storage.ts';
