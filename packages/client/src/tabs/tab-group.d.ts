/**
 * Stage   tabs: who leads among the clients over one local store, and what they tell each other
 * In      leadership and messages of the {@link Tabs} port
 * Out     terms of leadership; commits, receipts and answers of other tabs
 * Keeps   P1 (what was asked of a leader that died is asked of the next), P10 (one writer of rows and cursor), P11 (bounded
 *         waits)
 * Proved  packages/client/test/tabs/
 */
import { type Clock, type UserId } from '@tidemark/core';
import { type LeaderLine, type LeaderWork } from './leader-line.ts';
import { type TabMessage } from './tab-message.ts';
import type { Tabs } from './tabs.ts';
export interface TabGroup<W extends LeaderWork> {
    readonly leads: boolean;
    readonly ask: LeaderLine<W>['ask'];
    /** Takes part. Without tabs this one leads from then on. */
    join(): void;
    post(message: TabMessage): void;
    /** Whether this tab may write as the leader. */
    holds(): boolean | Promise<boolean>;
    /** Tells the others to let go of everything, and waits until they have, a second at most. */
    signOutOthers(): Promise<void>;
    /** After the last write. */
    leave(): void;
}
export interface TabGroupOptions<W extends LeaderWork> {
    readonly tabs: Tabs | undefined;
    /** Names this tab among the others. */
    readonly tab: string;
    readonly userId: UserId;
    readonly work: W;
    readonly clock: Clock;
    readonly closing: AbortSignal;
    /** Reads the local store again. */
    readonly reload: () => Promise<void>;
    /** Begins to lead; the store was read since nobody else leads. */
    readonly lead: (term: AbortSignal) => void;
    /** The term is over, and the client is not. */
    readonly follow: () => void;
    /** What the leader says when it is greeted. */
    readonly greeting: () => Extract<TabMessage, {
        type: 'leading';
    }>;
    /** Of another tab; never `hello`, `elected`, `ask` or `answer`. */
    readonly onMessage: (message: TabMessage) => void;
}
export declare function createTabGroup<W extends LeaderWork>(options: TabGroupOptions<W>): TabGroup<W>;
