/**
 * What can be wrong with a local store:
 *
 *  - `corrupt`: what is here cannot be read.
 *  - `evicted`: what was here is gone, removed by the browser, the user or another program.
 *  - `full`: no room to write. Nothing was changed; the same may work later.
 *  - `newer`: written by a later version of Tidemark, and left alone.
 */
export type LocalStoreProblem = 'corrupt' | 'evicted' | 'full' | 'newer';
/** A local store rejects with it when the client has something to do about the failure beyond trying again. */
export declare class LocalStoreError extends Error {
    readonly name = "LocalStoreError";
    readonly problem: LocalStoreProblem;
    constructor(problem: LocalStoreProblem, message: string, options?: ErrorOptions);
}
/** Whether what the client holds in memory no longer stands on anything: it has to open and load again. */
export declare function isLost(error: unknown): error is LocalStoreError;
