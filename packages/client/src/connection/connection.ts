import type { UserId } from '@tidemark/core';
import type { ConnectionCause } from './connection-cause.ts';

/**
 * Connection: how the device is connected to a server, as the client sees it. The WebSocket one is
 * `createConnection`; a fallback over HTTP is another implementation. To whoever implements it:
 *
 *  - `getSnapshot` returns the same object until something changes; listeners are called after the change.
 *  - It retries by itself, with a growing and jittered wait, for as long as it is open; it stops on its own only when the
 *    server refuses the identity twice in a row (`signed-out`), ends the session (`kicked`), or is too many releases away
 *    (`incompatible`).
 *  - After `close` no timer and no socket is left.
 */
export interface Connection {
  getSnapshot(): ConnectionState;
  subscribe(listener: () => void): () => void;

  /**
   * Connects, and stays connected. Idempotent; also the way back from `signed-out`, `kicked`, `incompatible` and `closed`. For another
   * `userId` than before it begins anew: what is connected, and the identity it was let in with, are another's.
   */
  open(userId?: UserId): void;
  /**
   * Tries at once, whatever the device says of its network, instead of waiting for the next try: for a button, or when the
   * app is in front again. A token that is being waited for is asked for anew.
   */
  retryNow(): void;
  /**
   * The server no longer accepts the identity: fetch the token anew and connect afresh. What is open carries on until the
   * new connection does.
   */
  renew(): void;
  close(): Promise<void>;

  /** The feed is the user's: the identity holds. Absent: nothing depends on it. */
  accepted?(): void;
  /**
   * The server lets this connection in and refuses the client's feed, or takes it for another user: fetch the token anew and
   * connect afresh; at once what is open carries nothing more. The second time in a row: `signed-out`. Absent: `renew`.
   */
  denied?(cause: ConnectionCause): void;
  /** The server ended the client's feed for one elsewhere: `kicked`. Absent: the feed is tried again, later each time. */
  displaced?(): void;
  /** Client and server are too many releases apart: `incompatible`. Absent: the feed is tried again, later each time. */
  incompatible?(cause: ConnectionCause): void;
  /** Sockets that were opened and taken so far: what was confirmed on an earlier one says nothing of the next. */
  readonly opened?: number;
  /** How often the server has closed a socket for what was sent on it, such as a frame that is too large. */
  readonly refusedFrames?: number;
}

export type ConnectionState =
  | { readonly state: 'idle' }
  | { readonly state: 'connecting' }
  | { readonly state: 'open' }
  /** `nextTryAt`: milliseconds since 1970. */
  | { readonly state: 'waiting'; readonly nextTryAt: number; readonly cause: ConnectionCause }
  /** The page is frozen: no attempts and no timers until that ends. Or the device says that it has no network: few attempts. */
  | { readonly state: 'offline' }
  /** The identity was refused, renewed and refused again, or there is no token. `open()` tries again. */
  | { readonly state: 'signed-out'; readonly cause: ConnectionCause }
  /** The server ended this session. `open()` begins another. */
  | { readonly state: 'kicked' }
  /** Client and server are too many releases apart: one has to be upgraded. `open()` tries again. */
  | { readonly state: 'incompatible'; readonly cause: ConnectionCause }
  | { readonly state: 'closed' };

/** It has stopped, and only `open()` makes it go on. */
export function hasEnded({ state }: { readonly state: string }): boolean {
  return state === 'signed-out' || state === 'kicked' || state === 'incompatible' || state === 'closed';
}
