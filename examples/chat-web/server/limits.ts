import type { Rate } from './token-buckets.ts';

/** What one visitor may cost; each is an option of `startChatServer({ limits })`. */
export interface ChatLimits {
  /** Sign-ins from one address. Default 240 at once, then 2 a second. */
  readonly signIns: Rate;
  /** Calls of one user to the application's own procedures. Messaging has limits of its own. Default 20 at once, then 5 a second. */
  readonly ownCalls: Rate;
  /** People the server knows; after that only those sign in. Default 2,000. */
  readonly people: number;
  /** Sign-ins of one user that are open; one more ends the oldest. Default 100. */
  readonly sessionsPerUser: number;
  /** Sign-ins that are open, of all users; after that nobody signs in. Default 5,000. */
  readonly sessions: number;
  /** Bytes of the body of a sign-in. Default 4 KiB. */
  readonly signInBytes: number;
  /** Bytes of the body of a call over HTTP. Default 1 MiB, as much as a WebSocket frame. */
  readonly bodyBytes: number;
  /** Calls in one HTTP request. Default 32. */
  readonly callsPerRequest: number;
  /** Files that one user uploads. Default 20 at once, then one in two seconds. */
  readonly uploads: Rate;
  /** Bytes of one file. Default 10 MiB. */
  readonly uploadBytes: number;
  /** Bytes of all files together; after that nobody uploads. Default 1 GiB. */
  readonly allUploadBytes: number;
}

export const DEFAULT_CHAT_LIMITS: ChatLimits = {
  signIns: { burst: 240, perSecond: 2 },
  ownCalls: { burst: 20, perSecond: 5 },
  people: 2_000,
  sessionsPerUser: 100,
  sessions: 5_000,
  signInBytes: 4_096,
  bodyBytes: 1024 * 1024,
  callsPerRequest: 32,
  uploads: { burst: 20, perSecond: 0.5 },
  uploadBytes: 10 * 1024 * 1024,
  allUploadBytes: 1024 * 1024 * 1024,
};

/** A limit of this server was met. The text names its option. */
export class LimitReached extends Error {
  override readonly name = 'LimitReached';
  readonly limit: keyof ChatLimits;
  /** ms after which it may go on; undefined: not by waiting. */
  readonly retryAfterMs: number | undefined;

  constructor(limit: keyof ChatLimits, sentence: string, retryAfterMs?: number) {
    super(`${sentence} (limits.${limit})`);
    this.limit = limit;
    this.retryAfterMs = retryAfterMs;
  }
}
