/**
 * UnavailableError for what may pass. What a server answered otherwise (a wrong type, a missing permission) is a defect
 * and stays as it is; everything else that fails between here and the server is the connection.
 */
export declare function redisFailure(error: unknown, what: string): unknown;
export declare function isNoScript(error: unknown): boolean;
/** Where a cluster says that a slot is, as `host:port`; undefined when the error is another one. */
export declare function movedTo(error: unknown): string | undefined;
