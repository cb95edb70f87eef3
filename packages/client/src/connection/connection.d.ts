/**
 * Connection: how the device is connected to a server, as the client sees it. The WebSocket one is
 * `createConnection`; a fallback over HTTP is another implementation. To whoever implements it:
 *
 *  - `getSnapshot` returns the same object until something changes; listeners are called after the change.
 *  - It retries by itself, with a growing and jittered wait, for as long as it is open; it stops on its own only when the
 *    server refuses the identity twice in a row (`signed-out`) or ends the session (`kicked`).
 *  - After `close` no timer and no socket is left.
 */
export interface Connection {
    getSnapshot(): ConnectionState;
    subscribe(listener: () => void): () => void;
    /** Connects, and stays connected. Idempotent; also the way back from `signed-out`, `kicked` and `closed`. */
    open(): void;
    /** Tries at once instead of waiting for the next try: the network is back, the app is in front again. */
    retryNow(): void;
    /**
     * The server no longer accepts the identity: fetch the token anew and connect afresh. What is open carries on until the
     * new connection does.
     */
    renew(): void;
    close(): Promise<void>;
}
export type ConnectionState = {
    readonly state: 'idle';
} | {
    readonly state: 'connecting';
} | {
    readonly state: 'open';
}
/** `nextTryAt`: milliseconds since 1970. */
 | {
    readonly state: 'waiting';
    readonly nextTryAt: number;
}
/** No network, or the page is frozen: no attempts and no timers until that ends. */
 | {
    readonly state: 'offline';
}
/** The identity was refused, renewed and refused again, or there is no token. `open()` tries again. */
 | {
    readonly state: 'signed-out';
}
/** The server ended this session. `open()` begins another. */
 | {
    readonly state: 'kicked';
} | {
    readonly state: 'closed';
};
/** It has stopped, and only `open()` makes it go on. */
export declare function hasEnded({ state }: ConnectionState): boolean;
