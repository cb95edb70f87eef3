import type { ConnectionCause } from './connection-cause.ts';

/** What a banner shows: the socket and how far the feed has come, in one. */
export type ClientConnectionState =
  /** Not started, or closed. */
  | { readonly state: 'stopped' }
  | { readonly state: 'connecting' }
  /** `nextTryAt`: milliseconds since 1970. */
  | { readonly state: 'waiting'; readonly nextTryAt: number; readonly cause: ConnectionCause }
  /** The device says that it has no network; it goes on by itself when there is one. */
  | { readonly state: 'offline' }
  /** Connected; what was missed meanwhile is coming in: `missing` entries, or `null` while that is not known. */
  | { readonly state: 'catching-up'; readonly missing: number | null }
  /** Connected, and everything up to now is here. */
  | { readonly state: 'live' }
  /** The identity was refused; sign in, then `connection.open()`. */
  | { readonly state: 'signed-out'; readonly cause: ConnectionCause }
  /** The server ended this session, e.g. for one elsewhere; `connection.open()` takes it back. */
  | { readonly state: 'kicked' }
  /** Client and server are too many releases apart, and one has to be upgraded; `connection.open()` tries again. */
  | { readonly state: 'incompatible'; readonly cause: ConnectionCause };
