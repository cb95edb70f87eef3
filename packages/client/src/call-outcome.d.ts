import { TidemarkError } from '@tidemark/core';
/**
 * What a failed call means, read from the error that the tRPC client threw:
 *
 *  - `final`      the server refused it, and will again: show `error` to a person or mend the code.
 *  - `reconnect`  identity or process must be renewed first; then call again with the same id.
 *  - `retry`      refused for now, or the outcome is unknown (the socket dropped): call again with the same id.
 */
export type CallOutcome = {
    readonly kind: 'final';
    readonly error: TidemarkError;
} | {
    readonly kind: 'reconnect';
    readonly error: TidemarkError;
} | {
    readonly kind: 'retry';
    readonly error: TidemarkError;
};
export declare function callOutcome(thrown: unknown): CallOutcome;
/** The error of the table that `thrown` carries; `outcome_unknown` with `thrown` as its cause when it carries none. */
export declare function toTidemarkError(thrown: unknown): TidemarkError;
