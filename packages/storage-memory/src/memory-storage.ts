import type { Storage } from '@tidemark/core';
import { eventTaken, memoryHistory, writeEvents } from './memory-history.ts';
import { type MemoryInboxOptions, memoryInbox, rowTaken, writeRows } from './memory-inbox.ts';
import { createMemoryState } from './memory-state.ts';

export type MemoryStorageOptions = MemoryInboxOptions;

/**
 * Both roles in memory, for tests and for trying things out: nothing survives the process. Values are kept and handed
 * out by reference, so don't change what you wrote or read.
 */
export function memoryStorage(options: MemoryStorageOptions = {}): Storage {
  const state = options.state ?? createMemoryState(options.epoch);
  return {
    capabilities: { name: 'memory', atomic: true, survives: 'nothing' },
    history: memoryHistory({ state }),
    inbox: memoryInbox({ state }),
    open: async () => {},
    close: async () => {},
    probe: async () => {},
    commit: async ({ events, rows }) => {
      if (eventTaken(state, events)) return { conflict: 'event' };
      if (rowTaken(state, rows)) return { conflict: 'entry' };
      writeEvents(state, events);
      writeRows(state, rows);
      return { conflict: undefined };
    },
  };
}
