/** Codes with which a connection is closed; clients decide by them. */
export declare const CLOSE_CODES: {
    /** createContext refused the identity: renew the token, or stop. */
    readonly unauthenticated: 4401;
    /** This session was ended; only a person begins another. Also the oldest socket of a user who opens too many. */
    readonly ended: 4409;
    /** createContext failed otherwise or took too long, or its parameters were malformed or never came: try again later. */
    readonly contextFailed: 4500;
    /** This process is going away: connect again, it will be to another. */
    readonly goingAway: 1012;
    /** More frames than the server lets wait. */
    readonly tooManyFrames: 1008;
    /** A frame is larger than limits.frameBytes, or connection parameters than limits.parametersBytes. */
    readonly tooLarge: 1009;
};
