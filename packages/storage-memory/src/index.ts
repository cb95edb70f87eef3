export { newEpoch } from '@tidemark/core';
export { memoryHistory } from './memory-history.ts';
export { type MemoryInboxOptions, memoryInbox } from './memory-inbox.ts';
export { createMemoryState, type MemoryState } from './memory-state.ts';
export { type MemoryStorageOptions, memoryStorage } from './memory-storage.ts';
