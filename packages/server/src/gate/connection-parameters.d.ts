import type { IncomingMessage } from 'node:http';
/** What a client says of itself in its first frame; null where it says nothing. */
export type ConnectionParameters = Record<string, string> | null;
/** Whether the upgrade request announces that the first frame holds parameters, as tRPC's clients do. */
export declare function announcesParameters({ url }: IncomingMessage): boolean;
/** Reads `{"method":"connectionParams","data":…}`, whose data is null or an object of strings. Throws `invalid_input`. */
export declare function parseParameters(frame: Buffer): ConnectionParameters;
