import type { UserId } from '@tidemark/core';

/**
 * Tabs: the clients of one user over one local store, of which one leads: it alone holds the connection, syncs and sends.
 * In a browser these are tabs; in one process, several clients. To whoever implements it:
 *
 *  - At most one tab of a user leads, and while there are tabs, one does: when the leader leaves, crashes or is closed,
 *    another is told within moments. `onLead` and `onMessage` are never called before `join` has returned.
 *  - `post` reaches every other tab there is at that time, in the order of the calls. A tab that sleeps may miss some;
 *    `onWake` is called when it may have. What is posted is JSON.
 *  - A tab whose term is over must not write: `term` aborts as soon as that can be known, and `holds` is asked before
 *    each write for the case that it could not (a page that was frozen while another took over).
 */
export interface Tabs {
  join(userId: UserId, observer: TabObserver): Tab;
}

export interface TabObserver {
  /** This tab leads until `term` aborts. */
  onLead(term: AbortSignal): void;
  onMessage(message: unknown): void;
  /** Shown again, or woken from sleep. */
  onWake(): void;
  /** There is no leading here, and never will be: the platform refuses what it takes. Nothing more is called. */
  onRefused(error: unknown): void;
}

export interface Tab {
  post(message: unknown): void;
  /** Whether someone may be looking at it: one that is looked at sees to it that there is a leader that answers. */
  isVisible(): boolean;
  /** Whether this tab leads at this moment. */
  holds(): boolean | Promise<boolean>;
  /** Leads although another does: for one that no longer answers. */
  takeOver(): void;
  /** Resolves with true when all other tabs of the user have left, with false when they have not within `ms`. */
  alone(ms: number): Promise<boolean>;
  /** Ends the term, if it leads, and hears nothing more. */
  leave(): void;
}
