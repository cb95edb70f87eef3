/**
 * Bounds the wait for answers of Redis. One coarse timer looks at all waiting calls, so that a call costs no timer of its
 * own; it runs only while calls wait, and does not keep the process alive.
 */
export declare class Deadlines {
    #private;
    /** Settles as `answer` does, or rejects with UnavailableError after `ms` (up to a quarter of a second later). */
    within<T>(ms: number, what: string, answer: Promise<T>): Promise<T>;
    /** Rejects what still waits. */
    close(): void;
}
