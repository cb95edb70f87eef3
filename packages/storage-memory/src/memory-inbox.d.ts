import { type InboxRow, type InboxStore } from '@tidemark/core';
import { type MemoryState } from './memory-state.ts';
export interface MemoryInboxOptions {
    /** Contents to share; by default its own, empty. */
    readonly state?: MemoryState;
    /** Epoch of a new state: 1–32 letters and digits, random unless set. Ignored when `state` is given. */
    readonly epoch?: string;
}
/** An InboxStore in memory. Where the state holds the history too, `range` joins the events. */
export declare function memoryInbox(options?: MemoryInboxOptions): InboxStore;
/** Whether a unique key of these rows is taken, in the store or earlier in the same batch. */
export declare function rowTaken(state: MemoryState, rows: readonly InboxRow[]): boolean;
/** Writes rows whose keys are free. */
export declare function writeRows(state: MemoryState, rows: readonly InboxRow[]): void;
