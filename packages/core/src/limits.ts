import { DEFAULT_PAGE } from './limits-of-clients.ts';

/** Limits that are on from the start; every one is an option of `createMessaging({ limits })`. */
export interface Limits {
  /**
   * UTF-8 bytes of a message's content as JSON, as it is sent and as its schema gives it out. At most 1,048,576; frameBytes and
   * inputBytes must be larger by ENVELOPE_BYTES.
   */
  readonly contentBytes: number;
  /**
   * UTF-8 bytes of one command as it is queued; `invalid_input` beyond. By default as many as contentBytes and inboxMembers can
   * need; at least contentBytes and 4 KiB. The same in every process.
   */
  readonly commandBytes: number;
  /** Members of a conversation that is delivered to inboxes. */
  readonly inboxMembers: number;
  /** ms after a message was sent in which its author may edit it. */
  readonly editWindowMs: number;
  /** ms after a message was sent in which its author may revoke it. Absent, which is the default: any time. */
  readonly revokeWindowMs?: number | undefined;
  /** Versions of a message, the first among them. At most 1,000. */
  readonly versions: number;
  /** Keys with which one user may have reacted to a message at a time. */
  readonly reactionsPerUser: number;
  /** Keys with which a message may have been reacted to at a time, whoever did. */
  readonly reactionKeys: number;
  /** Messages that may be pinned in a conversation at a time. At most 200. */
  readonly pins: number;
  /** Users whom a message mentions by name. At most 1,000. */
  readonly mentions: number;
  /** Members up to which everybody in a group may mention all; in a larger one it takes `permissions.mentionAll`. */
  readonly mentionAllMembers: number;
  /** Bytes of stored text up to which a message is quoted; of a larger one, replies to it show who sent it and when. */
  readonly quoteBytes: number;
  /** Entries, events or conversations in one page. */
  readonly page: number;
  /** Bytes of stored text at which a page ends before it has `page` items; one item is in it whatever its size. */
  readonly pageBytes: number;
  /** Unread messages of a conversation that are counted; with more, `unread` is this number. */
  readonly unread: number;
  /** Bytes of one WebSocket frame from a client; a larger one closes the connection with 1009. */
  readonly frameBytes: number;
  /**
   * Bytes of a user's frames that are read per second, on average, on one process; four times as many at once. Each call
   * counts for 256 more. Beyond, nothing is refused: reading waits.
   */
  readonly readBytesPerSecond: number;
  /** Calls a user may make per second, on average, on one process. */
  readonly callsPerSecond: number;
  /** Calls a user may make at once before the average counts. */
  readonly callBurst: number;
  /** Bytes that a call brings, or gets as its answer, for each further token that it takes from the rate. */
  readonly bytesPerToken: number;
  /** Users who are sent what a command causes, for each further token that it takes from the rate. */
  readonly recipientsPerToken: number;
  /** Reads of one user that run at once on one process; others wait. */
  readonly readsPerUser: number;
  /** Conversations one user may begin within an hour, on one process. */
  readonly conversationsPerHour: number;
  /** Conversations that others may put one user into within an hour, on one process. */
  readonly invitationsPerHour: number;
  /** Feeds one user may hold open on one process; when another comes the oldest ends with `displaced`. */
  readonly feedsPerUser: number;
  /** Bytes that may wait in one socket before its feed falls back to its cursor, and nothing more is read from it. */
  readonly socketBufferBytes: number;
  /** ms in which a peer has to take a part of what waits beyond socketBufferBytes; then it is cut. */
  readonly slowSocketGraceMs: number;
  /** Bytes of the connection parameters, the first frame of a socket; larger ones close it with 1009. At most frameBytes. */
  readonly parametersBytes: number;
  /** Calls in one frame; those beyond are answered with `rate_limited`. Ends of subscriptions don't count. */
  readonly callsPerFrame: number;
  /** Calls of one socket that wait for their answers; beyond, nothing is read until half of them have it. */
  readonly callsUnderWay: number;
  /** Bytes of a call's input as JSON, once a transformer has built it. */
  readonly inputBytes: number;
  /** Values of an input that are not plain JSON (dates, sets …). */
  readonly inputAnnotations: number;
  /** References of an input to values that stand elsewhere in it. */
  readonly inputReferences: number;
  /** Entries of each set, map or typed array of an input, and characters of a bigint. */
  readonly inputEntries: number;
  /** Sockets of one process. */
  readonly sockets: number;
  /** Sockets of one process whose context is not known yet. */
  readonly unidentifiedSockets: number;
  /**
   * Sockets of one address on one process; of an IPv6 client, of its network of 64 bits. Unless set, 1,000 of a public
   * address, and any number of loopback and private ones, which are those of proxies.
   */
  readonly socketsPerAddress?: number | undefined;
  /** Sockets of one user on one process; when another comes the oldest is closed with 4409. */
  readonly socketsPerUser: number;
}

/** Bytes of a command beside its content or its members: ids, title, and where the reply goes. */
const COMMAND_HEAD_BYTES = 4 * 1024;
/** Bytes of a user id in a list, at most: every character may be escaped. */
const MEMBER_BYTES = 260;

/** A command with the largest content fits. */
export function leastCommandBytes(contentBytes: number): number {
  return COMMAND_HEAD_BYTES + contentBytes;
}

/** The default of `commandBytes`: whatever the other limits allow fits in a command. */
export function commandBytesFor(limits: Pick<Limits, 'contentBytes' | 'inboxMembers'>): number {
  return COMMAND_HEAD_BYTES + Math.max(limits.contentBytes, MEMBER_BYTES * limits.inboxMembers);
}

const DEFAULT_CONTENT = { contentBytes: 64 * 1024, inboxMembers: 500 };

export const DEFAULT_LIMITS: Limits = {
  ...DEFAULT_CONTENT,
  commandBytes: commandBytesFor(DEFAULT_CONTENT),
  editWindowMs: 24 * 3_600_000,
  versions: 100,
  reactionsPerUser: 3,
  reactionKeys: 20,
  pins: 50,
  mentions: 50,
  mentionAllMembers: 50,
  quoteBytes: 4 * 1024,
  page: DEFAULT_PAGE,
  pageBytes: 1024 * 1024,
  unread: 1_000,
  frameBytes: 1024 * 1024,
  readBytesPerSecond: 512 * 1024,
  callsPerSecond: 50,
  callBurst: 200,
  bytesPerToken: 32 * 1024,
  recipientsPerToken: 50,
  readsPerUser: 8,
  conversationsPerHour: 200,
  invitationsPerHour: 100,
  feedsPerUser: 32,
  socketBufferBytes: 1024 * 1024,
  slowSocketGraceMs: 30_000,
  parametersBytes: 16 * 1024,
  callsPerFrame: 32,
  callsUnderWay: 256,
  inputBytes: 1024 * 1024,
  inputAnnotations: 256,
  inputReferences: 64,
  inputEntries: 1_000,
  sockets: 50_000,
  unidentifiedSockets: 5_000,
  socketsPerUser: 64,
};
