/** Codes with which a connection is closed; clients decide by them. */
export const CLOSE_CODES = {
  /** createContext refused the identity: renew the token, or stop. */
  unauthenticated: 4401,
  /** This session was ended; only a person begins another. Also the oldest socket of a user who opens too many. */
  ended: 4409,
  /** createContext failed otherwise or took too long, or its parameters were malformed or never came: try again later. */
  contextFailed: 4500,
  /** A page of this origin may not connect; only of sockets that somebody else upgraded, others are refused with HTTP 403. */
  originRefused: 4403,
  /** No room for another socket: try again later; likewise in place of HTTP 429 and 503. */
  tooMany: 1013,
  /** This process is going away: connect again, it will be to another. */
  goingAway: 1012,
  /** More frames than the server lets wait. */
  tooManyFrames: 1008,
  /** A frame is larger than limits.frameBytes, or connection parameters than limits.parametersBytes. */
  tooLarge: 1009,
} as const;
