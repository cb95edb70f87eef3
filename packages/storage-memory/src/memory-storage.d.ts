import type { Storage } from '@tidemark/core';
import { type MemoryInboxOptions } from './memory-inbox.ts';
export type MemoryStorageOptions = MemoryInboxOptions;
/**
 * Both roles in memory, for tests and for trying things out: nothing survives the process. Values are kept and handed
 * out by reference, so don't change what you wrote or read.
 */
export declare function memoryStorage(options?: MemoryStorageOptions): Storage;
