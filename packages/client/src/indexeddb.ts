export { type IndexedDbLocalStoreOptions, indexedDbLocalStore } from './local-store/indexeddb-local-store.ts';
