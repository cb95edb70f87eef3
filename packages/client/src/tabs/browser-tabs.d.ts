import type { Tabs } from './tabs.ts';
export interface BrowserTabsOptions {
    /** Separates applications, and stores, of one origin. Default `tidemark`. */
    readonly name?: string;
}
/** Whether this runtime has Web Locks and BroadcastChannel, as browsers in a secure context do. */
export declare function hasBrowserTabs(): boolean;
/**
 * The tabs of one browser: an exclusive lock per user for the leader, a BroadcastChannel among them. A page that goes into
 * the back-forward cache gives leadership up, which it has to in order to get there, and takes part again when it is back.
 */
export declare function browserTabs({ name }?: BrowserTabsOptions): Tabs;
