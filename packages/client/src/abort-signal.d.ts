/** What `signal.throwIfAborted()` does, which the AbortSignal of React Native lacks. */
export declare function throwIfAborted(signal: AbortSignal): void;
/** Why it was aborted: an `AbortError` also where the runtime keeps no reason. */
export declare function abortReason(signal: AbortSignal): unknown;
