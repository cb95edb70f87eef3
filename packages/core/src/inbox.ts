import type { ContentMap } from './content.ts';
import type { Event } from './features/events.ts';
import type { Cursor, Seq, UserId } from './ids.ts';

/**
 * One place in a user's inbox. `event` is null for a void: a seq that a crash left unfilled and that was closed, so
 * that the inbox stays dense.
 */
export interface InboxEntry<C = ContentMap> {
  readonly seq: Seq;
  readonly event: Event<C> | null;
}

/**
 * Why a cursor cannot be continued from:
 *  - `new`    there was no cursor: a new device.
 *  - `epoch`  the store is another one than the cursor was issued for.
 *  - `floor`  entries after the cursor were removed by retention.
 *  - `ahead`  the store does not have what the cursor stands on: it lost data (a restored backup, a replica that was behind).
 */
export type ResetReason = 'new' | 'epoch' | 'floor' | 'ahead';

/** What the first item of a feed says of it, over every transport and after each reconnect. */
export interface FeedInfo {
  /** Whose inbox it is, as the server reads the identity: a client shows and stores nothing of another user's. */
  readonly userId: UserId;
  /** The wire version that the server speaks (`WIRE_VERSION`); absent from release 0.1. */
  readonly wire?: number | undefined;
  /** What the server refuses beyond, in bytes: a client checks before it sends. */
  readonly limits: { readonly contentBytes: number; readonly frameBytes: number };
}

/** In the first item of a feed alone; absent from servers before it. */
interface FirstOfFeed {
  readonly feed?: FeedInfo | undefined;
}

/** Explicit notice that the client must rebuild from a snapshot, and continue from `cursor` afterwards. */
export interface Reset {
  readonly type: 'reset';
  readonly reason: ResetReason;
  /** The head at the time of the reset. A snapshot taken after receiving it, plus the entries after it, is complete. */
  readonly cursor: Cursor;
}

/** Entries in order of seq, contiguous with what came before. */
export interface Entries<C = ContentMap> {
  readonly type: 'entries';
  readonly entries: readonly InboxEntry<C>[];
  /**
   * The newest seq known when these were read from the store: how far a catch-up has to go. For showing only, absent from
   * live entries and from older servers.
   */
  readonly head?: Seq | undefined;
}

/** The feed has caught up: what follows is live. Sent once per connection, and again after each catch-up. */
export interface Live {
  readonly type: 'live';
  readonly cursor: Cursor;
}

/** What the live feed carries; the tracked id of each is the cursor to resume from. */
export type FeedItem<C = ContentMap> = (Entries<C> | Reset | Live) & FirstOfFeed;

/** What `inbox.since` answers. */
export type InboxPage<C = ContentMap> =
  | (Entries<C> & {
      /** Continue from here. */
      readonly cursor: Cursor;
      readonly hasMore: boolean;
    })
  | Reset;
