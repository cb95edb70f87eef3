/**
 * The error table: every error a caller can meet, what the caller should do, and the code it travels under in tRPC.
 *
 * policy
 *  - `retry`      the same call may succeed later; the outbox does it by itself.
 *  - `reconnect`  the connection or the identity must be renewed first.
 *  - `give-up`    the same call will never succeed; show it to a person or mend the code.
 */
export type ErrorPolicy = 'retry' | 'reconnect' | 'give-up';
/** The tRPC codes the table uses; all of them exist in every version of the peer range. */
export type TransportCode = 'BAD_REQUEST' | 'UNAUTHORIZED' | 'FORBIDDEN' | 'NOT_FOUND' | 'TIMEOUT' | 'CONFLICT' | 'PAYLOAD_TOO_LARGE' | 'TOO_MANY_REQUESTS' | 'INTERNAL_SERVER_ERROR';
/** What each means, and what to do, stands above its row: an editor shows it, and a browser does not load it. */
export declare const ERRORS: {
    /** A field breaks its rule; the message names both. */
    readonly invalid_input: {
        readonly policy: "give-up";
        readonly transport: "BAD_REQUEST";
    };
    /** The server has no content kind of that name. */
    readonly unknown_content_type: {
        readonly policy: "give-up";
        readonly transport: "BAD_REQUEST";
    };
    /** The content breaks the schema of its kind. */
    readonly invalid_content: {
        readonly policy: "give-up";
        readonly transport: "BAD_REQUEST";
    };
    /** Shorten the content or raise limits.contentBytes. */
    readonly content_too_large: {
        readonly policy: "give-up";
        readonly transport: "PAYLOAD_TOO_LARGE";
    };
    /** The cursor was not issued by this server; start from a snapshot. */
    readonly invalid_cursor: {
        readonly policy: "give-up";
        readonly transport: "BAD_REQUEST";
    };
    /** Renew the token, then connect again. */
    readonly unauthenticated: {
        readonly policy: "reconnect";
        readonly transport: "UNAUTHORIZED";
    };
    /** The caller is not a member of the conversation. */
    readonly not_a_member: {
        readonly policy: "give-up";
        readonly transport: "FORBIDDEN";
    };
    /** The caller is a member but may not do this. */
    readonly forbidden: {
        readonly policy: "give-up";
        readonly transport: "FORBIDDEN";
    };
    /** No such conversation, or not one of the caller. */
    readonly conversation_not_found: {
        readonly policy: "give-up";
        readonly transport: "NOT_FOUND";
    };
    /** The conversation would exceed limits.inboxMembers. */
    readonly too_many_members: {
        readonly policy: "give-up";
        readonly transport: "BAD_REQUEST";
    };
    /** Too many calls; wait and call again. */
    readonly rate_limited: {
        readonly policy: "retry";
        readonly transport: "TOO_MANY_REQUESTS";
    };
    /** The queue is full; nothing was accepted; call again later. */
    readonly overloaded: {
        readonly policy: "retry";
        readonly transport: "TOO_MANY_REQUESTS";
    };
    /** Queue or store cannot be reached; call again later. */
    readonly unavailable: {
        readonly policy: "retry";
        readonly transport: "INTERNAL_SERVER_ERROR";
    };
    /** No receipt within the time limit. The command may still be carried out: call again with the same id. */
    readonly outcome_unknown: {
        readonly policy: "retry";
        readonly transport: "TIMEOUT";
    };
    /** This process is shutting down; connect to another. */
    readonly closing: {
        readonly policy: "reconnect";
        readonly transport: "INTERNAL_SERVER_ERROR";
    };
    /** The command failed repeatedly and was parked for inspection. */
    readonly dead_lettered: {
        readonly policy: "give-up";
        readonly transport: "INTERNAL_SERVER_ERROR";
    };
};
export type ErrorCode = keyof typeof ERRORS;
/** An error of the table. `field` is the dotted path of the offending input field, where there is one. */
export declare class TidemarkError extends Error {
    readonly name = "TidemarkError";
    readonly code: ErrorCode;
    readonly field: string | undefined;
    /** The sentence without code and field. */
    readonly detail: string;
    /** On the server: dotted name of the option whose bound was reached, such as `limits.inboxMembers`. */
    readonly limit: string | undefined;
    constructor(code: ErrorCode, detail: string, options?: {
        field?: string | undefined;
        limit?: string | undefined;
        cause?: unknown;
    });
    get policy(): ErrorPolicy;
}
/** For sentences and fields that quote what a caller sent: an error must not be as large as what it refuses. */
export declare function shortened(text: string): string;
/** Reads the text form back; `undefined` when the text is not of the table (an error of the application's own). */
export declare function parseErrorText(text: string): TidemarkError | undefined;
/**
 * Thrown by storages and queues when the service behind them cannot be reached or refuses for now (connection lost,
 * starting up, failing over, deadlock, disk busy). The pipeline retries it without counting attempts; any other error
 * of a storage counts as a defect of the command that met it.
 */
export declare class UnavailableError extends Error {
    readonly name = "UnavailableError";
}
