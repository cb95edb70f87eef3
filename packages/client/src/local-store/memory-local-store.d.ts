import type { LocalStore } from './local-store.ts';
/**
 * A LocalStore in memory: survives `close`, not the process. It keeps everything that was loaded, so its size grows with
 * what the user has seen; `erase` frees it.
 */
export declare function memoryLocalStore(): LocalStore;
