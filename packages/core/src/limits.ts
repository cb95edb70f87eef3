/** Limits that are on from the start; every one is an option of `createMessaging({ limits })`. */
export interface Limits {
  /** UTF-8 bytes of a message's content as JSON. At most 1,048,576. */
  readonly contentBytes: number;
  /** Members of a conversation that is delivered to inboxes. */
  readonly inboxMembers: number;
  /** Entries, events or conversations in one page. */
  readonly page: number;
  /** Bytes of stored text at which a page ends before it has `page` items; one item is in it whatever its size. */
  readonly pageBytes: number;
  /** Bytes of one WebSocket frame from a client; a larger one closes the connection with 1009. */
  readonly frameBytes: number;
  /** Calls a user may make per second, on average, on one process. */
  readonly callsPerSecond: number;
  /** Calls a user may make at once before the average counts. */
  readonly callBurst: number;
  /** Feeds one user may hold open on one process. */
  readonly feedsPerUser: number;
  /** Bytes that may wait in one socket before its feed falls back to its cursor. */
  readonly socketBufferBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  contentBytes: 64 * 1024,
  inboxMembers: 500,
  page: 500,
  pageBytes: 1024 * 1024,
  frameBytes: 1024 * 1024,
  callsPerSecond: 50,
  callBurst: 200,
  feedsPerUser: 32,
  socketBufferBytes: 1024 * 1024,
};
