import { type Event, type EventRef, type HistoryStore } from '@tidemark/core';
import { type MemoryState } from './memory-state.ts';
/** A HistoryStore in memory. @param options.state contents to share; by default its own, empty. */
export declare function memoryHistory(options?: {
    state?: MemoryState;
}): HistoryStore;
/** Whether a unique key of these events is taken, in the store or earlier in the same batch. */
export declare function eventTaken(state: MemoryState, events: readonly Event[]): boolean;
/** Writes events whose keys are free, and what follows from them. */
export declare function writeEvents(state: MemoryState, events: readonly Event[]): void;
/** The event at a place of the log. */
export declare function eventAt(state: MemoryState, ref: EventRef): Event | undefined;
