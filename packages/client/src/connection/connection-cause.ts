/**
 * Why there is no connection: `reason` for the application, `detail` for a log.
 *
 *  - `unreachable`   no socket opened: the server is away, the URL or its path is wrong, or something on the way blocks it.
 *  - `timeout`       it did not open within `connectTimeoutMs`.
 *  - `lost`          it was open, and is gone.
 *  - `token`, `url`  the application's own function rejected, or took longer than `tokenTimeoutMs`.
 *  - `refused`       the server answers, and refuses what the client asks for, such as a procedure that it does not have.
 *  - `unauthenticated`  the identity was refused, with a fresh token too.
 *  - `nobody`        `token` gave null: nobody is signed in.
 *  - `another-user`  the server takes this connection for another user than the client's, with a fresh token too.
 */
export interface ConnectionCause {
  readonly reason:
    | 'unreachable'
    | 'timeout'
    | 'lost'
    | 'token'
    | 'url'
    | 'refused'
    | 'unauthenticated'
    | 'nobody'
    | 'another-user';
  readonly detail: string;
}

/** `thrown` as the text of a cause. */
export function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** What came is no answer of this router's, or went through another transformer. */
export const UNREADABLE: ConnectionCause = {
  reason: 'refused',
  detail: 'the answer cannot be read: is the transformer the same on both sides?',
};
