/** What a banner shows: the socket and how far the feed has come, in one. */
export type ClientConnectionState =
  /** Not started, or closed. */
  | { readonly state: 'stopped' }
  | { readonly state: 'connecting' }
  /** `nextTryAt`: milliseconds since 1970. */
  | { readonly state: 'waiting'; readonly nextTryAt: number }
  /** Connected; what was missed meanwhile is coming in. */
  | { readonly state: 'catching-up' }
  /** Connected, and everything up to now is here. */
  | { readonly state: 'live' }
  /** The identity was refused; sign in, then `connection.open()`. */
  | { readonly state: 'signed-out' };
