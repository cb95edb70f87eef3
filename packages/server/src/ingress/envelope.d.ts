import { type Command, type NodeId } from '@tidemark/core';
/** A command as it stands in the stream, with where its reply goes. */
export interface Envelope extends ReplyAddress {
    readonly command: Command;
}
export interface ReplyAddress {
    readonly replyTo: NodeId;
    /** Names the waiting call on that node. 1–512 characters. */
    readonly call: string;
}
export declare function encodeEnvelope(envelope: Envelope): string;
/**
 * Reads an entry of the queue, and trusts nothing in it: whoever can write to the queue can put anything there. Throws
 * TidemarkError `invalid_input` for what no version of this library wrote, and `unavailable` for a command of a newer one,
 * which may be tried again until this process has been upgraded, too.
 */
export declare function decodeEnvelope(body: string): Envelope;
/** Where the reply to an entry goes that cannot be decoded otherwise; undefined when it doesn't say. */
export declare function replyAddressOf(body: string): ReplyAddress | undefined;
