import type { Tabs } from './tabs.ts';
/** Tabs within one process: hand the same object to every client of a local store. */
export declare function memoryTabs(): Tabs;
